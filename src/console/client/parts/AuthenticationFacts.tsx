import type { HeldMailView } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { Mark } from "./Mark.tsx";

type Authentication = NonNullable<HeldMailView["authentication"]>;

/** SPF, DKIM, DMARC and ARC in the words of RFC 8601, which experts know. */
export function AuthenticationFacts({ authentication }: { authentication: Authentication }) {
  const { say } = useWords();
  const { spf, dkim, dmarc, arc } = authentication;
  const rows: [string, string, string][] = [
    ["SPF", spf.result, spf.domain ?? ""],
    ...dkim.map(({ result, domain }): [string, string, string] => ["DKIM", result, domain ?? ""]),
    ["DMARC", dmarc.result, [dmarc.domain, dmarc.policy].filter((word) => word !== null).join(" p=")],
    ["ARC", arc.result, ""],
  ];
  return (
    <div className="stack-tight">
      <h3>{say("mail.authentication")}</h3>
      <dl className="facts">
        {rows.map(([name, result, detail], index) => (
          <div key={index} style={{ display: "contents" }}>
            <dt>{name}</dt>
            <dd className="row">
              <Mark loudness={/fail/.test(result) ? "attention" : "plain"}>{result}</Mark>
              <span className="soft">{detail}</span>
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
