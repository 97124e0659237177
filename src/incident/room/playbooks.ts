import type { Said } from "../../gate.ts";
import { SekishoError } from "../../lib/error.ts";
import type { RoomRole } from "./items.ts";

/** Steps that people take one after the other; each becomes a task. */
export type Playbook = {
  id: "infected-host" | "clean-up-2016" | "bulk-read" | "after-the-leak";
  name: Said;
  steps: readonly { id: string; role: RoomRole | null; title: Said }[];
};

/** Playbooks that come with the station. An organisation's own steps are tasks noted by hand. */
export const PLAYBOOKS: readonly Playbook[] = [
  {
    id: "infected-host",
    name: { ja: "感染端末への初動", en: "A host is infected" },
    steps: [
      step("isolate", "commander", "端末を隔離し、電源は切らない", "Isolate the host; leave it switched on"),
      step(
        "memory",
        "scribe",
        "メモリとディスクの写しを取り、台帳に登録する",
        "Image memory and disk; register both",
      ),
      step(
        "same-mail",
        "commander",
        "同じ差出人・添付のメールを受けた人を全員調べる",
        "Find all who got the same mail",
      ),
      step(
        "same-destination",
        "commander",
        "同じ宛先に通信した端末を全て調べる",
        "Find all hosts that spoke to the same destination",
      ),
      step(
        "accounts",
        "commander",
        "その端末で使われた認証情報を全て変える",
        "Change every credential that was used on the host",
      ),
      step(
        "reached",
        null,
        "その端末から届いた個人情報の範囲を記録する",
        "Note which personal data the host could reach",
      ),
    ],
  },
  {
    // What was done in 2016, from the public record (docs/incident.md).
    id: "clean-up-2016",
    name: { ja: "2016年に行われた対応", en: "The clean-up of 2016" },
    steps: [
      step("remote", null, "外部からの遠隔操作を禁止する", "Forbid remote operation from outside"),
      step(
        "database",
        null,
        "データベースへの接続を必要な人と端末に限る",
        "Restrict the database to the persons and hosts that need it",
      ),
      step("shares", null, "管理共有を閉じる", "Close administrative shares"),
      step(
        "browsing",
        null,
        "個人情報を扱う端末からのウェブ閲覧をやめる",
        "End browsing from PCs that handle personal data",
      ),
      step("sweep", null, "全ての端末とサーバーを調べる", "Sweep all hosts"),
      step(
        "definitions",
        null,
        "検体を渡し、新しい定義ファイルを配る",
        "Hand in the sample and roll out new definitions",
      ),
    ],
  },
  {
    id: "bulk-read",
    name: { ja: "個人情報の大量閲覧", en: "Personal records were read in bulk" },
    steps: [
      step("stop", "commander", "その利用者の参照を止める", "Stop that person's reading"),
      step(
        "who",
        "privacy-officer",
        "誰のデータが読まれたかを確定する（sekisho records seen-by）",
        "Settle whose data were read (sekisho records seen-by)",
      ),
      step(
        "files",
        "scribe",
        "書き出されたファイルを証拠として保全する",
        "Keep the files that were written as evidence",
      ),
      step(
        "outside",
        "commander",
        "外部へ送られたかを通信記録で確かめる",
        "See in the traffic record whether it left",
      ),
    ],
  },
  {
    id: "after-the-leak",
    name: { ja: "漏えいのおそれが判明した後", en: "Data may have leaked" },
    steps: [
      step("directors", "commander", "経営に報告する", "Tell the directors"),
      step(
        "scope",
        "privacy-officer",
        "影響範囲を突合する（sekisho scope）",
        "Match who is affected (sekisho scope)",
      ),
      step(
        "preliminary",
        "privacy-officer",
        "個人情報保護委員会へ速報する",
        "File the preliminary report to the PPC",
      ),
      step("partners", "partner-desk", "提携先・委託元に連絡する", "Tell partners and principals"),
      step("police", "counsel", "警察に相談する", "Consult the police"),
      step("hotline", "privacy-officer", "専用窓口を用意する", "Prepare the hotline"),
      step("persons", "privacy-officer", "本人に通知する", "Tell the persons"),
      step("final", "privacy-officer", "確報を出す", "File the final report"),
    ],
  },
];

function step(id: string, role: RoomRole | null, ja: string, en: string): Playbook["steps"][number] {
  return { id, role, title: { ja, en } };
}

/** Throws not-found. */
export function playbookOf(id: string): Playbook {
  const found = PLAYBOOKS.find((one) => one.id === id);
  if (found !== undefined) return found;
  throw new SekishoError("not-found", `Cannot find the playbook ${id}`, {
    hint: `known: ${PLAYBOOKS.map((one) => one.id).join(", ")}`,
  });
}
