import { Fragment } from "react";

/** A name of a host or destination, which may be broken where its parts meet and nowhere else. */
export function Breakable({ text }: { text: string }) {
  const parts = text.split(/(?<=[.@/])|(?=:)/);
  return (
    <span className="breakable">
      {parts.map((part, index) => (
        <Fragment key={index}>
          {index === 0 ? null : <wbr />}
          {part}
        </Fragment>
      ))}
    </span>
  );
}
