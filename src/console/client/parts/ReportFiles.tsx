import type { ReportRow } from "../../../station/services.ts";
import { useWords } from "../language.ts";

const FILES = [
  ["pdf", "ja"],
  ["pdf", "en"],
  ["html", "ja"],
  ["html", "en"],
] as const;

/** The report as a file to hand in, to read, or to check against the ledger. */
export function ReportFiles({ incident, row }: { incident: string; row: ReportRow }) {
  const { say } = useWords();
  const base = `/api/reports/${encodeURIComponent(incident)}/reports/${encodeURIComponent(row.id)}/file`;
  return (
    <section className="stack-tight" aria-labelledby="files">
      <h2 id="files">{say("report.files")}</h2>
      <ul className="row">
        {FILES.map(([format, language]) => (
          <li key={`${format} ${language}`}>
            <a href={`${base}?format=${format}&language=${language}`} download>
              {say(`report.file-in.${language}`, { format: format.toUpperCase() })}
            </a>
          </li>
        ))}
        <li>
          <a href={`${base}?format=json`} download>
            JSON
          </a>
        </li>
      </ul>
    </section>
  );
}
