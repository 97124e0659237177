import { z } from "zod";
import { Config, unwrap } from "../config.ts";

type Described = { path: string; type: string; byDefault: string | null; text: string };

/** Every key of the configuration with its type, default and description, in the order of the schema. */
export function describeConfig(schema: z.ZodType = Config, path = ""): Described[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodArray) {
    const element = unwrap(inner.element as z.ZodType);
    return element instanceof z.ZodObject ? describeConfig(element, `${path}[]`) : [];
  }
  if (!(inner instanceof z.ZodObject)) return [];
  return Object.entries(inner.shape as Record<string, z.ZodType>).flatMap(([key, value]) => {
    const place = path === "" ? key : `${path}.${key}`;
    const own: Described = {
      path: place,
      type: typeOf(value),
      byDefault: defaultOf(value),
      text: value.description ?? unwrap(value).description ?? "",
    };
    return [own, ...describeConfig(value, place)];
  });
}

function typeOf(schema: z.ZodType): string {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodEnum)
    return inner.options.length > 12 ? "code" : inner.options.map(String).join(" \\| ");
  if (inner instanceof z.ZodArray) return `list of ${typeOf(inner.element as z.ZodType)}`;
  if (inner instanceof z.ZodObject) return "section";
  if (inner instanceof z.ZodUnion) return (inner.options as z.ZodType[]).map(typeOf).join(" or ");
  const json = z.toJSONSchema(inner, { unrepresentable: "any", io: "input" }) as Record<string, unknown>;
  const kind = String(json["format"] ?? json["type"] ?? "text");
  const [least, most] = [json["minimum"], json["maximum"]];
  const bounds =
    typeof least === "number" && typeof most === "number" && most < 2 ** 50 ? ` ${least}…${most}` : "";
  return `${kind}${bounds}`;
}

function defaultOf(schema: z.ZodType): string | null {
  if (schema instanceof z.ZodOptional) return "none";
  if (!(schema instanceof z.ZodDefault)) return null;
  const value: unknown = schema.def.defaultValue;
  const text = JSON.stringify(value);
  return text.length > 60 ? "see below" : text;
}

/** docs/config.md, printed from the schema. */
export function printConfigPage(): string {
  const rows = describeConfig().map(({ path, type, byDefault, text }) => {
    return `| \`${path}\` | ${type} | ${byDefault === null ? "" : `\`${byDefault}\``} | ${text} |`;
  });
  return [
    "# sekisho.yaml",
    "",
    "Printed from the schema in `src/config.ts` by `npm run ok`; do not edit. An unknown key is an error;",
    "`sekisho check` names every mistake with its line and its mend. Keys without a default must be",
    "given where their section is.",
    "",
    "| key | type | default | what it is |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
    "## A file to start from",
    "",
    "```yaml",
    printSampleConfig().trimEnd(),
    "```",
    "",
    "Secrets stand in no configuration: the PostgreSQL URL comes from `DATABASE_URL` or a file, keys are",
    "made in `keys/` of the data folder at the first start, readable by their owner only.",
    "",
  ].join("\n");
}

/** A configuration that starts the mail gate beside an existing mail server. */
export function printSampleConfig(): string {
  return `# Sekisho. Every key is described in docs/config.md; check with: sekisho check
organisation: Example Travel K.K.
timeZone: Asia/Tokyo
dataFolder: data
origin: sekisho.example/ledger

console:
  host: 127.0.0.1
  port: 8443

roster:
  - name: Duty officer
    email: duty@example.jp
    roles: [analyst, approver]

mail:
  hostname: gate.example.jp
  inbound:
    host: 0.0.0.0
    port: 10025
    domains: [example.jp]
    nextHop:
      host: 127.0.0.1
      port: 10026
    xclientFrom: [127.0.0.1]
  policy:
    # Record everything and change nothing; set to false when you trust what you see.
    shadow: true
    ownDomains: [example.jp]
`;
}
