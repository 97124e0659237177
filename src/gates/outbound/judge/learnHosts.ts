import type { Said } from "../../../gate.ts";
import { sayBytes } from "../findings.ts";
import type { HostRole } from "../settings.ts";

/** On what a host of ours answers: how many of ours and of strangers called it there. */
export type Service = { port: number; proto: string; hosts: number; strangers: number; proxied: boolean };

/** What was seen of one host of ours, without any configuration. */
export type HostTraffic = {
  address: string;
  /** The most asked for first. */
  services: readonly Service[];
  /** How many of ours asked it for names. */
  askers: number;
  /** Bytes to the outside, all told, and on how many days it spoke there. */
  sent: number;
  days: number;
  connections: number;
  /** Different mail servers outside that it called on port 25. */
  mailServers: number;
  /** Connections to the outside by hour of the day, 24 of them. */
  hours: readonly number[];
};

/** One other side of a server. */
export type Destination = {
  /** Name where one was asked for, else address; without a port. */
  host: string;
  named: boolean;
  port: number;
  /** The registered domain of a name. */
  domain: string | null;
  connections: number;
  days: number;
  sent: number;
};

export type Guess = { role: HostRole; because: Said[] };

export const limits = {
  /** Called by so many of ours it is no accident. */
  callersMin: 3,
  /** With so many names below one domain, the domain is written. */
  namesOfDomain: 3,
  listMax: 60,
} as const;

const ports = {
  printer: [515, 631, 9_100],
  proxy: [3_128, 8_080, 8_118, 8_888],
  mail: [25, 465, 587],
} as const;

/**
 * Guesses what a host is from who calls it. That it holds personal data only people can say: a guess is at
 * most "server".
 */
export function guessRole(seen: HostTraffic): Guess {
  const { services, askers, mailServers } = seen;
  const on = (wanted: readonly number[]): Service | undefined =>
    services.find((service) => service.proto === "tcp" && wanted.includes(service.port));
  const proxied = services.find((service) => service.proxied);
  if (proxied !== undefined && proxied.hosts >= 1) return { role: "proxy", because: [sayProxied(proxied)] };
  if (askers >= 2) return { role: "resolver", because: [sayAsked(askers)] };
  const names = services.find(({ port, hosts }) => port === 53 && hosts >= 2);
  if (names !== undefined) return { role: "resolver", because: [sayCalled(names)] };
  const printer = on(ports.printer);
  if (printer !== undefined && seen.connections < 100)
    return { role: "printer", because: [sayCalled(printer)] };
  const mail = on(ports.mail);
  if (mail !== undefined && mail.hosts + mail.strangers >= 2)
    return { role: "mail-gate", because: [sayCalled(mail)] };
  if (mailServers >= 3) return { role: "mail-gate", because: [sayMail(mailServers)] };
  const proxy = on(ports.proxy);
  if (proxy !== undefined && proxy.hosts >= limits.callersMin && seen.connections > 0)
    return { role: "proxy", because: [sayCalled(proxy)] };
  const serving = services.filter(
    ({ hosts, strangers }) => hosts >= limits.callersMin || strangers >= limits.callersMin,
  );
  if (serving.length > 0) return { role: "server", because: serving.slice(0, 3).map(sayCalled) };
  if (seen.connections > 0) return { role: "pc", because: [calledByNobody] };
  return { role: "other", because: [neverOutside] };
}

function sayCalled({ port, proto, hosts, strangers }: Service): Said {
  const more = strangers === 0 ? "" : ` and ${strangers} strangers`;
  const alsoJa = strangers === 0 ? "" : `、外部${strangers}件`;
  return {
    en: `${hosts} of ours${more} call it on ${port}/${proto}`,
    ja: `組織内${hosts}台${alsoJa}が${port}/${proto}に接続`,
  };
}

function sayProxied({ port, hosts }: Service): Said {
  return {
    en: `${hosts} of ours go outside through it (port ${port})`,
    ja: `組織内${hosts}台がここを経由して外部に接続（ポート${port}）`,
  };
}

function sayAsked(askers: number): Said {
  return { en: `${askers} of ours ask it for names`, ja: `組織内${askers}台が名前を問い合わせ` };
}

function sayMail(servers: number): Said {
  return {
    en: `it calls ${servers} mail servers outside on port 25`,
    ja: `外部のメールサーバー${servers}台に25番で接続`,
  };
}

const calledByNobody: Said = {
  en: "it goes outside, and fewer than three of ours call it",
  ja: "外部に接続し、ここに接続する端末は3台未満",
};
const neverOutside: Said = { en: "it never went outside", ja: "外部への接続なし" };

/** A line of a proposed list, with what speaks for it. */
export type Proposed = { entry: string; connections: number; days: number; sent: number };

/**
 * The usual destinations as a written list: what was called on a third of the days or more, and twice at
 * least. The rest comes back as unusual: people have to say whether it is right.
 */
export function proposeList(
  destinations: readonly Destination[],
  days: number,
): { usual: Proposed[]; unusual: Proposed[] } {
  const daysMin = Math.max(1, Math.ceil(days / 3));
  const lines = new Map<string, Proposed>();
  for (const one of destinations) {
    const entry = entryOf(one, destinations);
    const line = lines.get(entry) ?? { entry, connections: 0, days: 0, sent: 0 };
    line.connections += one.connections;
    line.sent += one.sent;
    line.days = Math.max(line.days, one.days);
    lines.set(entry, line);
  }
  const all = [...lines.values()].sort(
    (one, other) => other.connections - one.connections || (one.entry < other.entry ? -1 : 1),
  );
  const isUsual = (one: Proposed): boolean => one.connections >= 2 && one.days >= daysMin;
  const usual = all.filter(isUsual).slice(0, limits.listMax);
  return { usual, unusual: all.filter((one) => !usual.includes(one)) };
}

function entryOf(one: Destination, all: readonly Destination[]): string {
  const below = (other: Destination): boolean => other.named && other.domain === one.domain;
  if (one.named && one.domain !== null && one.host !== one.domain) {
    const names = new Set(all.filter((other) => below(other) && other.host !== one.domain).map(nameOf));
    if (names.size >= limits.namesOfDomain)
      return `*.${one.domain}${onePort(all.filter((other) => below(other)))}`;
  }
  const same = all.filter(({ host }) => host === one.host);
  const port = onePort(same);
  return one.host.includes(":") && port !== "" ? `[${one.host}]${port}` : `${one.host}${port}`;
}

function nameOf({ host }: Destination): string {
  return host;
}

/** ":443" where it is always the same. */
function onePort(destinations: readonly Destination[]): string {
  const [first, ...others] = new Set(destinations.map(({ port }) => port));
  return first === undefined || first === 0 || others.length > 0 ? "" : `:${first}`;
}

/** The hours in which a host speaks to the outside, as people say them: "09–18". */
export function sayHours(hours: readonly number[]): string {
  const all = hours.reduce((sum, count) => sum + count, 0);
  // A hundredth of the connections in an hour is chance.
  const busy = hours.map((count) => count > all / 100);
  if (all === 0) return "";
  if (busy.every((one) => one)) return "00–24";
  const two = (hour: number): string => String(hour).padStart(2, "0");
  const spans: string[] = [];
  for (let hour = 0; hour < 24; hour += 1) {
    if (busy[hour] !== true || busy[(hour + 23) % 24] === true) continue;
    let end = hour + 1;
    while (busy[end % 24] === true) end += 1;
    spans.push(`${two(hour)}–${two(end > 24 ? end - 24 : end)}`);
  }
  return spans.join(", ");
}

/** What a host usually sends, and when. */
export function sayUsual(seen: HostTraffic, zone: string): Said {
  if (seen.connections === 0) return neverOutside;
  const bytes = sayBytes(seen.sent / Math.max(1, seen.days));
  const hours = sayHours(seen.hours);
  return {
    en: `sends ${bytes.en} a day outside, at ${hours} o'clock (${zone}), on ${seen.days} days`,
    ja: `外部への送信は一日${bytes.ja}、${hours}時（${zone}）、${seen.days}日間`,
  };
}
