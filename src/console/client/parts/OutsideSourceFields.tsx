import type { ClaimView } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { TextField } from "./TextField.tsx";

export type OutsideFields = {
  publisher: string;
  title: string;
  date: string;
  url: string;
  quotation: string;
};

/** What is left empty is not said; read today. */
export function outsideOf(fields: OutsideFields): NonNullable<ClaimView["outside"]> {
  const { publisher, title, date, url, quotation } = fields;
  return {
    publisher: publisher.trim(),
    title: title.trim(),
    date,
    read: new Date().toISOString().slice(0, 10),
    ...(url.trim() === "" ? {} : { url: url.trim() }),
    ...(quotation.trim() === "" ? {} : { quotation: quotation.trim() }),
  };
}

type Props = { fields: OutsideFields | null; onChange: (fields: OutsideFields | null) => void };

/** An article or a report that says so, with the words in which it does. */
export function OutsideSourceFields({ fields, onChange }: Props) {
  const { say } = useWords();
  const empty = { publisher: "", title: "", date: "", url: "", quotation: "" };
  const set = (key: keyof OutsideFields) => (value: string) =>
    onChange({ ...(fields ?? empty), [key]: value });
  return (
    <>
      <label className="row">
        <input
          type="checkbox"
          checked={fields !== null}
          onChange={(event) => onChange(event.target.checked ? empty : null)}
        />
        {say("room.outside-has")}
      </label>
      {fields === null ? null : (
        <>
          <TextField label={say("room.publisher")} value={fields.publisher} onChange={set("publisher")} />
          <TextField label={say("room.article")} value={fields.title} onChange={set("title")} />
          <TextField
            label={say("room.article-date")}
            type="date"
            value={fields.date}
            onChange={set("date")}
          />
          <TextField
            label={say("room.article-url")}
            type="url"
            value={fields.url}
            onChange={set("url")}
            optional
          />
          <TextField
            label={say("room.quotation")}
            value={fields.quotation}
            onChange={set("quotation")}
            optional
            long
          />
        </>
      )}
    </>
  );
}
