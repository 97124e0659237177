import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { NoticeView } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { settleDoubt } from "../noticeQueries.ts";
import { useMay } from "../session.ts";
import { Moment } from "./Moment.tsx";
import { ReasonDialog } from "./ReasonDialog.tsx";

const RULES = ["count-as-sent", "send-again", "letter"] as const;

/** What was handed over and never answered: a person chooses what follows. */
export function NoticeDoubts({ notice }: { notice: NoticeView }) {
  const { say } = useWords();
  const client = useQueryClient();
  const may = useMay("notice.release");
  const [rule, setRule] = useState<(typeof RULES)[number] | null>(null);
  if (notice.doubts.length === 0) return null;
  return (
    <section className="section" aria-labelledby="doubts">
      <h2 id="doubts">{say("notice.doubts")}</h2>
      <p className="soft">{say("notice.doubts-lead")}</p>
      <ul className="stack-tight">
        {notice.doubts.slice(0, 50).map(({ person, at, why }) => (
          <li key={person} className="room-text">
            {`${person}　${why}　`}
            <Moment at={at} />
          </li>
        ))}
      </ul>
      {may ? (
        <div className="row room-acts">
          {RULES.map((one) => (
            <button key={one} type="button" className="button" onClick={() => setRule(one)}>
              {say(`notice.doubt.${one}`)}
            </button>
          ))}
        </div>
      ) : null}
      <ReasonDialog
        title={say(`notice.doubt.${rule ?? "letter"}`)}
        label="notice.reason"
        send={`notice.doubt.${rule ?? "letter"}`}
        open={rule !== null}
        onClose={() => setRule(null)}
        onSend={async (reason) => {
          if (rule === null) return;
          client.setQueryData(
            ["notices", notice.campaign],
            await settleDoubt(notice.campaign, { rule, reason }),
          );
        }}
      />
    </section>
  );
}
