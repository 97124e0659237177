import { useWords } from "../language.ts";
import type { WordCode } from "../words/words.ts";
import { Modal } from "./Modal.tsx";

const KEYS: [string[], WordCode][] = [
  [["/"], "keys.search"],
  [["j", "k"], "keys.move"],
  [["Enter"], "keys.open"],
  [["x"], "keys.select"],
  [["g", "n"], "nav.gates"],
  [["g", "m"], "nav.mail"],
  [["g", "t"], "nav.traffic"],
  [["g", "f"], "nav.findings"],
  [["g", "c"], "nav.cuts"],
  [["g", "r"], "nav.records"],
  [["g", "w"], "records.tab.waiting"],
  [["g", "s"], "nav.scope"],
  [["g", "i"], "nav.incidents"],
  [["g", "d"], "nav.decisions"],
  [["g", "l"], "nav.ledger"],
  [["g", "p"], "nav.people"],
  [["g", "a"], "nav.profile"],
  [["?"], "keys.help"],
  [["Esc"], "keys.close"],
];

export function KeyboardHelp({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { say } = useWords();
  return (
    <Modal title={say("keys.title")} open={open} onClose={onClose}>
      <dl className="facts">
        {KEYS.map(([keys, word]) => (
          <div key={word} style={{ display: "contents" }}>
            <dt className="nowrap">
              {keys.map((key) => (
                <span key={key}>
                  <kbd>{key}</kbd>{" "}
                </span>
              ))}
            </dt>
            <dd>{say(word)}</dd>
          </div>
        ))}
      </dl>
      <div className="row">
        <button type="button" className="button" onClick={onClose}>
          {say("answer.close")}
        </button>
      </div>
    </Modal>
  );
}
