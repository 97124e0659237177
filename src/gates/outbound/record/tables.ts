/**
 * The three tables of the record, as DuckDB and Parquet keep them. Everyone who writes SQL over traffic
 * relies on these names; a new column is added at the end and may be null in older files. The time is
 * `seen_at`, because DuckDB keeps the word `at` for itself.
 */
export const TABLES = {
  connection: `
    seen_at TIMESTAMP NOT NULL, sensor VARCHAR NOT NULL, uid VARCHAR,
    src VARCHAR NOT NULL, src_port USMALLINT, dst VARCHAR NOT NULL, dst_port USMALLINT,
    proto VARCHAR NOT NULL, service VARCHAR, duration_us BIGINT,
    orig_bytes BIGINT, resp_bytes BIGINT, orig_packets BIGINT, resp_packets BIGINT,
    orig_ip_bytes BIGINT, resp_ip_bytes BIGINT, state VARCHAR, open BOOLEAN NOT NULL`,
  naming: `
    seen_at TIMESTAMP NOT NULL, sensor VARCHAR NOT NULL, uid VARCHAR,
    src VARCHAR NOT NULL, src_port USMALLINT, dst VARCHAR NOT NULL, dst_port USMALLINT,
    kind VARCHAR NOT NULL, host VARCHAR, host_port USMALLINT, proxied BOOLEAN NOT NULL,
    method VARCHAR, uri VARCHAR, agent VARCHAR, ja3 VARCHAR, mime VARCHAR, open BOOLEAN NOT NULL`,
  dns: `
    seen_at TIMESTAMP NOT NULL, sensor VARCHAR NOT NULL, uid VARCHAR,
    src VARCHAR NOT NULL, resolver VARCHAR, query VARCHAR NOT NULL, type VARCHAR, rcode VARCHAR,
    answers VARCHAR[] NOT NULL`,
} as const;

export type Table = keyof typeof TABLES;
