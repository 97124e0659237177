import { useEffect, type ReactNode } from "react";

/** What the page is about, in one line, and what can be done on the whole of it. */
export function PageHead({ title, lead, children }: { title: string; lead?: string; children?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Sekisho`;
  }, [title]);
  return (
    <header className="page-head">
      <div>
        <h1>{title}</h1>
        {lead === undefined ? null : <p>{lead}</p>}
      </div>
      {children === undefined ? null : <div className="page-tools row">{children}</div>}
    </header>
  );
}
