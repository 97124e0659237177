import type { StagedFile } from "../../../station/services.ts";
import { byteSize } from "../formats.ts";
import { useWords, type Say } from "../language.ts";
import { WORDS, type WordCode } from "../words/words.ts";

/** A word of a closed list; what the list does not know is shown as it is. */
export function wordOr(say: Say, code: string, otherwise: string): string {
  return code in WORDS ? say(code as WordCode) : otherwise;
}

/** How many persons a file holds, said as an estimate where it is one. */
export function useCountOfFile(): (file: StagedFile) => string {
  const { say } = useWords();
  return ({ records, estimated }) => say(estimated ? "file.about" : "file.exactly", { count: records });
}

/** Who wrote a file: user and process, as far as the kernel told. */
export function writerOf({ writer }: StagedFile, say: Say): string {
  const known = [writer.user, writer.process].filter((one) => one !== null);
  return known.length === 0 ? say("file.writer-unknown") : known.join(" / ");
}

export function FileFacts({ file }: { file: StagedFile }) {
  const { say, language } = useWords();
  const countOf = useCountOfFile();
  const rows: [WordCode, string][] = [
    ["file.path", file.path],
    ["file.records", countOf(file)],
    ["file.size", byteSize(file.bytes, language)],
    ["file.writer", writerOf(file, say)],
    ["file.occasion", wordOr(say, `file.occasion.${file.occasion}`, file.occasion)],
    ["file.kept", say(`file.kept.${file.kept}`)],
  ];
  return (
    <section className="section">
      <h2>{say("file.path")}</h2>
      <dl className="facts">
        {rows.map(([term, value]) => (
          <div key={term} style={{ display: "contents" }}>
            <dt>{say(term)}</dt>
            <dd className="breakable">{value}</dd>
          </div>
        ))}
        <dt>{say("file.items")}</dt>
        <dd>
          <ul className="stack-tight">
            {Object.entries(file.items).map(([kind, count]) => (
              <li key={kind} className="row">
                {wordOr(say, `personal.${kind}`, kind)}
                <span className="soft">{count.toLocaleString()}</span>
              </li>
            ))}
          </ul>
        </dd>
        {file.sha256 === "" ? null : (
          <>
            <dt>SHA-256</dt>
            <dd className="figures breakable small" style={{ overflowWrap: "anywhere" }}>
              {file.sha256}
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}
