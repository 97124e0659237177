import { useState } from "react";
import type { HeldMailView } from "../../../station/services.ts";
import { visibleText } from "../../../lib/visibleText.ts";
import { api } from "../api.ts";
import { saveFile } from "../exportRows.ts";
import { useWords } from "../language.ts";
import { useMay } from "../session.ts";
import { AuthenticationFacts } from "./AuthenticationFacts.tsx";
import { PartTree } from "./PartTree.tsx";
import { ProblemNotice } from "./States.tsx";

/** What the mail is: as text and facts only. Nothing of it is drawn, fetched or run. */
export function MailContent({ view }: { view: HeldMailView }) {
  const { say } = useWords();
  return (
    <div className="stack" style={{ gap: 24 }}>
      <p className="faint small">{say("mail.opened")}</p>
      <Addresses view={view} />
      <div className="stack-tight">
        <h3>{say("mail.text")}</h3>
        {view.text.trim() === "" ? (
          <p className="soft">{say("mail.no-text")}</p>
        ) : (
          <pre className="mail-text" tabIndex={0}>
            {view.text.trimEnd()}
          </pre>
        )}
      </div>
      <div className="stack-tight">
        <h3>{say("mail.parts")}</h3>
        <PartTree parts={view.parts} />
      </div>
      <Links view={view} />
      {view.authentication === null ? null : <AuthenticationFacts authentication={view.authentication} />}
      <Defects view={view} />
      <Headers view={view} />
      <RawMail mail={view.mail} />
    </div>
  );
}

function Addresses({ view }: { view: HeldMailView }) {
  const { say } = useWords();
  const print = (boxes: HeldMailView["from"]) =>
    boxes.map(({ name, address }) => visibleText(name === "" ? address : `${name} <${address}>`)).join("　");
  const { clientAddress, helo, mailFrom } = view.transport;
  const rows: [string, string][] = [
    [say("mail.from"), print(view.from)],
    [say("mail.to"), print(view.to)],
    [say("mail.reply-to"), print(view.replyTo)],
    [say("mail.date"), view.date ?? ""],
    [say("mail.client"), say("mail.client-value", { address: clientAddress ?? "–", helo: helo ?? "–" })],
    [say("mail.envelope"), mailFrom],
    [say("mail.message-id"), view.messageId ?? ""],
    [say("mail.hash"), view.sha256],
  ];
  return (
    <dl className="facts">
      {rows
        .filter(([, value]) => value !== "")
        .map(([label, value]) => (
          <div key={label} style={{ display: "contents" }}>
            <dt>{label}</dt>
            <dd>
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
    </dl>
  );
}

function Links({ view }: { view: HeldMailView }) {
  const { say } = useWords();
  if (view.links.length === 0) return null;
  return (
    <div className="stack-tight">
      <h3>{say("mail.links")}</h3>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{say("mail.link-shown")}</th>
            <th scope="col">{say("mail.link-target")}</th>
          </tr>
        </thead>
        <tbody>
          {view.links.map((link, index) => (
            <tr key={index}>
              <td data-rank="1">{visibleText(link.shown)}</td>
              <td data-rank="1" className="figures">
                {visibleText(link.target)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Defects({ view }: { view: HeldMailView }) {
  const { say } = useWords();
  if (view.defects.length === 0) return null;
  return (
    <div className="stack-tight">
      <h3>{say("mail.defects")}</h3>
      <ul>
        {view.defects.map((defect, index) => (
          <li key={index} className="row">
            <span className="figures">{defect.code}</span>
            <span className="soft">
              {visibleText(defect.where)}　{visibleText(defect.detail)}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Headers({ view }: { view: HeldMailView }) {
  const { say } = useWords();
  return (
    <details>
      <summary>{say("mail.headers")}</summary>
      <pre className="code-text" tabIndex={0}>
        {view.headers.map(({ name, value }) => `${name}: ${visibleText(value, 2000)}`).join("\n")}
      </pre>
    </details>
  );
}

function RawMail({ mail }: { mail: string }) {
  const { say } = useWords();
  const [error, setError] = useState<unknown>(null);
  const may = useMay("mail.export");
  async function save(): Promise<void> {
    const json = { purpose: "investigate" } as const;
    const response = await api.mails[":mail"].raw.$post({ param: { mail }, json });
    if (response.ok) saveFile(`${mail}.eml`, "application/octet-stream", await response.arrayBuffer());
    else setError(new Error(String(response.status)));
  }
  if (!may) return null;
  return (
    <div className="stack-tight">
      <p className="row">
        <button type="button" className="button" onClick={save}>
          {say("mail.raw")}
        </button>
        <span className="soft">{say("mail.raw-warning")}</span>
      </p>
      <ProblemNotice error={error} />
    </div>
  );
}
