/** What kind of sensor saw it. */
export const SENSORS = ["zeek", "squid", "conntrack", "pcap", "unbound", "dnsmasq"] as const;
export type Sensor = (typeof SENSORS)[number];

/**
 * One connection, as every sensor's words come down to it. `src` opened it. Times are microseconds since
 * 1970 (UTC); sizes are bytes; null is "the sensor does not say".
 */
export type Connection = {
  at: number;
  sensor: Sensor;
  /** The sensor's own id (Zeek's uid, conntrack's id), to find the line again. */
  uid: string | null;
  src: string;
  srcPort: number;
  dst: string;
  dstPort: number;
  /** "tcp", "udp", "icmp" or the sensor's word. */
  proto: string;
  service: string | null;
  /** Microseconds. */
  duration: number | null;
  origBytes: number | null;
  respBytes: number | null;
  origPackets: number | null;
  respPackets: number | null;
  /** Bytes with IP headers, as RITA counts sizes. */
  origIpBytes: number | null;
  respIpBytes: number | null;
  /** Zeek's conn_state, or the sensor's word. */
  state: string | null;
  /** Not yet ended when it was written down. */
  open: boolean;
};

/** A name under which a connection asked for its other side: TLS SNI, HTTP Host, or a proxy's CONNECT. */
export type Naming = {
  at: number;
  sensor: Sensor;
  uid: string | null;
  src: string;
  srcPort: number;
  dst: string;
  dstPort: number;
  kind: "http" | "tls";
  /** Lower case, without a port; null where the request had none. */
  host: string | null;
  /** The name's own port, where it was written ("host:8443"), else null. */
  hostPort: number | null;
  /** `dst` is a proxy and `host` is the true other side. */
  proxied: boolean;
  method: string | null;
  uri: string | null;
  agent: string | null;
  ja3: string | null;
  /** MIME type of the answer, of RITA's MIME/URI rule. */
  mime: string | null;
  open: boolean;
};

/** One question to a name server with its answer. */
export type DnsQuery = {
  at: number;
  sensor: Sensor;
  uid: string | null;
  src: string;
  resolver: string | null;
  /** Lower case, without the last dot. */
  query: string;
  type: string | null;
  rcode: string | null;
  answers: string[];
};

/** The three things that the outbound gate keeps, as they come from a sensor. */
export type Seen =
  ({ table: "connection" } & Connection) | ({ table: "naming" } & Naming) | ({ table: "dns" } & DnsQuery);

/** A line, frame or file that could not be read: counted and shown, never dropped silently. */
export type Unread = { file: string; line: number; problem: string };
