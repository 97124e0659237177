import { useCallback } from "react";
import type { RecordsEventRow } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { nameOfReading } from "../words/readingWords.ts";
import { Mark, type Loudness } from "./Mark.tsx";

const LOUDNESS: Partial<Record<RecordsEventRow["state"], Loudness>> = { held: "act", cut: "held" };

/** What was done about an event of the records gate. */
export function ReadingMark({ row }: { row: Pick<RecordsEventRow, "state" | "dry"> }) {
  const { say } = useWords();
  return (
    <>
      <Mark loudness={LOUDNESS[row.state] ?? "plain"}>{say(`reading.state.${row.state}`)}</Mark>
      {row.dry ? <p className="faint small">{say("reading.dry")}</p> : null}
    </>
  );
}

/** What an event is about, in the reader's language: its reasons, or its kind. */
export function useReadingName(): (row: Pick<RecordsEventRow, "reasons" | "kind">) => string {
  const { say, choose } = useWords();
  return useCallback(
    ({ reasons, kind }) => {
      const names = reasons.map(({ code }) => choose(nameOfReading(code)));
      return names.length === 0 ? say(`reading.kind.${kind}`) : names.join(say("answer.comma"));
    },
    [say, choose],
  );
}
