import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { NoticeView } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { orderNotices, releaseNotices, startNotices, type NoticeOrder } from "../noticeQueries.ts";
import { useMay } from "../session.ts";
import { useConfirmed } from "./ConfirmFactor.tsx";
import { Moment } from "./Moment.tsx";
import { ReasonDialog } from "./ReasonDialog.tsx";
import { ProblemNotice } from "./States.tsx";

/** Release by two, start, pause, the kill switch. */
export function NoticeActs({ notice }: { notice: NoticeView }) {
  const { say } = useWords();
  const client = useQueryClient();
  const name = notice.campaign;
  const mayRelease = useMay("notice.release");
  const mayOrder = useMay("notice.prepare");
  const [ordering, setOrdering] = useState<NoticeOrder["act"] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const take = (view: NoticeView): void => void client.setQueryData(["notices", name], view);
  const release = useConfirmed(async () => take(await releaseNotices(name)));
  async function start(): Promise<void> {
    setError(null);
    try {
      take(await startNotices(name));
    } catch (problem) {
      setError(problem);
    }
  }
  const sending = notice.progress !== null;
  const problems = notice.texts.some((text) => text.problems.length > 0) || notice.values.problems.length > 0;
  return (
    <section className="stack">
      <p className="soft">{say("notice.release-two")}</p>
      <ul className="stack-tight">
        {notice.releases.map(({ person, at }) => (
          <li key={person}>
            {say("notice.released-by", { name: person })} <Moment at={at} />
          </li>
        ))}
      </ul>
      <ProblemNotice error={error ?? release.error} />
      <div className="row room-acts">
        {mayRelease && notice.state === "open" ? (
          <button
            type="button"
            className="button button-main"
            disabled={problems || release.busy}
            onClick={() => void release.run(undefined)}
          >
            {say("notice.release")}
          </button>
        ) : null}
        {mayRelease && notice.state === "released" && !sending ? (
          <button type="button" className="button button-main" onClick={() => void start()}>
            {say("notice.start")}
          </button>
        ) : null}
        {mayOrder && sending ? <Order act="pause" onClick={setOrdering} /> : null}
        {mayOrder && notice.state === "paused" ? <Order act="resume" onClick={setOrdering} /> : null}
        {mayOrder && notice.state !== "open" && notice.state !== "stopped" ? (
          <Order act="stop" onClick={setOrdering} />
        ) : null}
      </div>
      {release.dialog}
      <ReasonDialog
        title={say(`notice.${ordering ?? "pause"}`)}
        {...(ordering === "stop" ? { lead: "notice.stop-does" as const } : {})}
        label="notice.reason"
        send={`notice.${ordering ?? "pause"}`}
        open={ordering !== null}
        onClose={() => setOrdering(null)}
        onSend={async (reason) => {
          if (ordering !== null) take(await orderNotices(name, { act: ordering, reason }));
        }}
      />
    </section>
  );
}

function Order({ act, onClick }: { act: NoticeOrder["act"]; onClick: (act: NoticeOrder["act"]) => void }) {
  const { say } = useWords();
  return (
    <button type="button" className="button" onClick={() => onClick(act)}>
      {say(`notice.${act}`)}
    </button>
  );
}
