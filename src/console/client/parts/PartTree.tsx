import { sayKind } from "../../../gates/mail/kinds.ts";
import type { SeenFile } from "../../../gates/mail/seen.ts";
import { visibleText } from "../../../lib/visibleText.ts";
import { byteSize } from "../formats.ts";
import { useWords } from "../language.ts";
import { Mark } from "./Mark.tsx";

const DEPTH_MAX = 8;

/** The parts of a mail and the files in its archives, by every name that some program would use. */
export function PartTree({ parts, depth = 0 }: { parts: SeenFile[]; depth?: number }) {
  if (depth >= DEPTH_MAX) return null;
  return (
    <ul className="tree">
      {parts.map((part) => (
        <li key={part.path}>
          <Part part={part} />
          {part.files.length === 0 ? null : <PartTree parts={part.files} depth={depth + 1} />}
        </li>
      ))}
    </ul>
  );
}

function Part({ part }: { part: SeenFile }) {
  const { say, choose, language } = useWords();
  const [name, ...others] = distinctNames(part);
  return (
    <>
      <p className="row">
        <span className="faint small figures">{part.path}</span>
        <strong>{name === undefined ? say("part.unnamed") : <bdi>{name}</bdi>}</strong>
        <span className="soft">{say("part.is", { kind: choose(sayKind(part.kind)) })}</span>
        <span className="soft nowrap">{byteSize(part.bytes, language)}</span>
      </p>
      <p className="row small soft">
        {part.declaredType === null ? null : <span>{say("part.declared", { type: part.declaredType })}</span>}
        {part.encrypted ? <Mark loudness="attention">{say("part.encrypted")}</Mark> : null}
        {part.macros ? <Mark loudness="attention">{say("part.macros")}</Mark> : null}
        {part.icon === null ? null : (
          <Mark loudness="attention">{say("part.icon", { icon: say(`icon.${part.icon.looksLike}`) })}</Mark>
        )}
        {part.unread === null ? null : (
          <Mark loudness="attention">{say("part.unread", { why: say(`unread.${part.unread}`) })}</Mark>
        )}
        {others.map((other) => (
          <bdi key={other}>{other}</bdi>
        ))}
      </p>
      {part.sha256 === null ? null : <p className="small faint figures">{part.sha256}</p>}
    </>
  );
}

/** Names as a machine reads them: what is hidden or turned around is written out. */
function distinctNames(part: SeenFile): string[] {
  return [...new Set(part.names.map(({ value }) => visibleText(value)))];
}
