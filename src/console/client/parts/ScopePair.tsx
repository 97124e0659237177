import type { ScopePairView } from "../../../station/services.ts";
import { percent } from "../formats.ts";
import { useWords } from "../language.ts";
import { Breakable } from "./Breakable.tsx";
import { nameOfItem } from "./ScopeParts.tsx";
import { Notice } from "./States.tsx";

type Field = ScopePairView["fields"][number];

const SIGNS: Record<Field["mark"], string> = {
  same: "=",
  variant: "≈",
  similar: "~",
  differs: "≠",
  missing: "–",
  "only-record": " ",
};

/** A record beside a customer, field by field, with what differs marked by sign, word and weight. */
export function ScopePair({ pair, blind }: { pair: ScopePairView; blind: boolean }) {
  const { say, choose, language } = useWords();
  const { place, link } = pair;
  return (
    <div className="stack">
      <table className="pair">
        <thead>
          <tr>
            <th scope="col">{say("review.field")}</th>
            <th scope="col">{say("review.record")}</th>
            <th scope="col">
              {pair.customer === null
                ? say("review.no-customer")
                : say("review.customer", { key: pair.customer })}
            </th>
            <th scope="col">{say("review.mark")}</th>
          </tr>
        </thead>
        <tbody>
          {pair.fields.map((field, at) => (
            <Row key={at} field={field} />
          ))}
        </tbody>
      </table>
      {pair.away === null ? null : (
        <Notice kind="attention">{say("review.away", { source: pair.source, why: pair.away })}</Notice>
      )}
      {blind ? <p className="soft">{say("review.blind")}</p> : null}
      {blind || link === null ? null : (
        <p>
          {say("review.because", { text: choose(link.because), chance: percent(link.probability, language) })}
        </p>
      )}
      {place === null ? null : (
        <p className="soft small">
          <Breakable
            text={say("review.found-at", {
              source: [place.source, place.path].filter(Boolean).join(" › "),
              offset: place.offset,
              line: place.line,
              encoding: place.encoding,
            })}
          />
          {place.part === "whole" ? null : ` (${say("review.cut-record")})`}
        </p>
      )}
    </div>
  );
}

function Row({ field }: { field: Field }) {
  const { say } = useWords();
  return (
    <tr data-mark={field.mark}>
      <th scope="row">{nameOfItem(field.kind, say)}</th>
      <td data-side={say("review.side.record")}>{field.record ?? <span className="faint">—</span>}</td>
      <td data-side={say("review.side.customer")}>{field.customer ?? <span className="faint">—</span>}</td>
      <td className="pair-mark">
        <span aria-hidden="true">{SIGNS[field.mark]}</span>
        <span>{say(`review.mark.${field.mark}`)}</span>
      </td>
    </tr>
  );
}
