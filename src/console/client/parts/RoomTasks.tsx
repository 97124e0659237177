import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { RoomHypothesis, RoomTask, RoomView } from "../../../station/services.ts";
import { useWords } from "../language.ts";
import { changeInRoom, followPlaybook, noteInRoom } from "../roomQueries.ts";
import { useMay } from "../session.ts";
import { Mark } from "./Mark.tsx";
import { Moment } from "./Moment.tsx";
import { ReasonDialog } from "./ReasonDialog.tsx";
import { EmptyState } from "./States.tsx";
import { SelectField } from "./TextField.tsx";

type Props = { incident: string; room: RoomView };

/** What is to be done, by playbook, and what is thought to have happened. */
export function RoomTasks({ incident, room }: Props) {
  const { say } = useWords();
  const left = room.tasks.filter(({ state }) => state === "open" || state === "doing").length;
  return (
    <div className="incident-columns">
      <section aria-labelledby="tasks">
        <div className="row spread">
          <h2 id="tasks">{say("room.tab.tasks")}</h2>
          <span className="soft">{say("room.tasks-left", { count: left })}</span>
        </div>
        <TaskActs incident={incident} room={room} />
        {room.tasks.length === 0 ? (
          <EmptyState title="room.tasks-none" next="room.tasks-none-next" />
        ) : (
          <ul className="room-list">
            {room.tasks.map((task) => (
              <li key={task.id}>
                <Task task={task} incident={incident} />
              </li>
            ))}
          </ul>
        )}
      </section>
      <Hypotheses incident={incident} room={room} />
    </div>
  );
}

function useRenewed(incident: string): () => Promise<void> {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: ["incident", incident] });
}

function TaskActs({ incident, room }: Props) {
  const { say, choose } = useWords();
  const may = useMay("incident.change");
  const renew = useRenewed(incident);
  const [adding, setAdding] = useState(false);
  if (!may) return null;
  const left = room.playbooks.filter(({ steps, followed }) => followed < steps);
  async function follow(playbook: string): Promise<void> {
    if (playbook === "") return;
    await followPlaybook(incident, playbook);
    await renew();
  }
  async function add(title: string): Promise<void> {
    const data = { state: "open", playbook: null, step: null, role: null, due: null, person: null };
    await noteInRoom(incident, "task", { data, text: { title: title.slice(0, 400) } });
    await renew();
  }
  return (
    <div className="row room-acts">
      <SelectField
        label={say("room.follow")}
        value=""
        options={[
          { value: "", label: say("room.follow-choose") },
          ...left.map(({ id, name }) => ({ value: id, label: choose(name) })),
        ]}
        onChange={(playbook) => void follow(playbook)}
      />
      <button type="button" className="button" onClick={() => setAdding(true)}>
        {say("room.add-task")}
      </button>
      <ReasonDialog
        title={say("room.task")}
        label="room.task-title"
        send="room.save"
        open={adding}
        onClose={() => setAdding(false)}
        onSend={add}
      />
    </div>
  );
}

const TASK_STATES = ["open", "doing", "done", "dropped"] as const;

function Task({ task, incident }: { task: RoomTask; incident: string }) {
  const { say, choose } = useWords();
  const last = task.changes.at(-1);
  const left = task.state === "open" || task.state === "doing";
  const late = left && task.due !== null && Date.parse(task.due) < Date.now();
  return (
    <div className="stack-tight">
      <p className="row">
        <Mark loudness={late ? "attention" : "plain"}>{say(`room.task.${task.state}`)}</Mark>
        <span className="room-text">{choose(task.title)}</span>
      </p>
      <p className="soft small">
        {task.playbook === null ? null : `${choose(task.playbook)}　`}
        {task.role === null ? null : `${say(`room.role.${task.role}`)}　`}
        {last === undefined ? null : (
          <>
            {`${last.by}: ${last.reason ?? "–"} `}
            <Moment at={last.at} />
            {"　"}
          </>
        )}
        <StateChange
          incident={incident}
          of={{ kind: "task", item: task.id }}
          title={choose(task.title)}
          states={TASK_STATES.map((value) => ({ value, label: say(`room.task.${value}`) }))}
          first="done"
        />
      </p>
    </div>
  );
}

type ChangeProps = {
  incident: string;
  of: { kind: "task" | "hypothesis"; item: string };
  title: string;
  states: readonly { value: string; label: string }[];
  /** Most often it is changed to this. */
  first: string;
};

/** Another state, with a reason. */
function StateChange({ incident, of, title, states, first }: ChangeProps) {
  const { say } = useWords();
  const may = useMay("incident.change");
  const renew = useRenewed(incident);
  const [changing, setChanging] = useState(false);
  const [state, setState] = useState(first);
  if (!may) return null;
  return (
    <>
      <button type="button" className="button-link" onClick={() => setChanging(true)}>
        {say("room.change")}
      </button>
      <ReasonDialog
        title={title}
        label="room.change-reason"
        send="room.save"
        open={changing}
        onClose={() => setChanging(false)}
        onSend={async (reason) => {
          await changeInRoom(incident, of, { data: { state }, reason });
          await renew();
        }}
      >
        <SelectField label={say("room.task-state")} value={state} options={states} onChange={setState} />
      </ReasonDialog>
    </>
  );
}

function Hypotheses({ incident, room }: Props) {
  const { say } = useWords();
  const may = useMay("incident.change");
  const renew = useRenewed(incident);
  const [adding, setAdding] = useState(false);
  async function add(what: string): Promise<void> {
    await noteInRoom(incident, "hypothesis", { data: { state: "open" }, text: { what } });
    await renew();
  }
  return (
    <section aria-labelledby="hypotheses">
      <div className="row spread">
        <h2 id="hypotheses">{say("room.hypotheses")}</h2>
        {may ? (
          <button type="button" className="button-link" onClick={() => setAdding(true)}>
            {say("room.add-hypothesis")}
          </button>
        ) : null}
      </div>
      {room.hypotheses.length === 0 ? <p className="soft">{say("room.hypotheses-none")}</p> : null}
      <ul className="room-list">
        {room.hypotheses.map((hypothesis) => (
          <li key={hypothesis.id}>
            <Hypothesis hypothesis={hypothesis} incident={incident} />
          </li>
        ))}
      </ul>
      <ReasonDialog
        title={say("room.hypothesis")}
        label="room.hypothesis-what"
        send="room.save"
        open={adding}
        onClose={() => setAdding(false)}
        onSend={add}
      />
    </section>
  );
}

const HYPOTHESIS_STATES = ["open", "supported", "refuted"] as const;

function Hypothesis({ hypothesis, incident }: { hypothesis: RoomHypothesis; incident: string }) {
  const { say } = useWords();
  const last = hypothesis.changes.at(-1);
  return (
    <div className="stack-tight">
      <p className="room-text" data-refuted={hypothesis.state === "refuted" ? "" : undefined}>
        {hypothesis.what}
      </p>
      <p className="soft small">
        {`${say(`room.hypothesis.${hypothesis.state}`)}　${last?.by ?? hypothesis.by} `}
        <Moment at={last?.at ?? hypothesis.at} />
        {last?.reason === undefined || last.reason === null ? null : `　${last.reason}`}
        {"　"}
        <StateChange
          incident={incident}
          of={{ kind: "hypothesis", item: hypothesis.id }}
          title={say("room.hypothesis")}
          states={HYPOTHESIS_STATES.map((value) => ({ value, label: say(`room.hypothesis.${value}`) }))}
          first="supported"
        />
      </p>
    </div>
  );
}
