import type { IncidentListRow, Person } from "../station/services.ts";
import type { Stage } from "./act.ts";

export const privacyOfficer: Person = {
  id: "replay-privacy",
  name: "個人情報保護責任者（再現）",
  email: "privacy@ijtb.example",
  roles: ["privacy-officer"],
};

const reason = "同じ夜の同じ攻撃：サーバーの通信、運用者の権限での閲覧、置かれて消されたファイル";

/**
 * What the station could not join, since it has no host, account or file in common, a person puts together,
 * with her reason; any of it can be taken apart again. Gives the incident, and how many were merged into it.
 */
export async function gatherIncidents(
  stage: Stage,
): Promise<{ incident: IncidentListRow; merged: number } | null> {
  const { incidents } = stage.station.services;
  const { station } = stage.station;
  await station.index.settled();
  await station.desk.takeUp();
  const rows = (await incidents.list())
    .filter(({ state, findings }) => state === "open" && findings > 0)
    .toSorted((one, other) => one.number - other.number);
  const [first, ...others] = rows;
  if (first === undefined) return null;
  for (const { id } of others) await incidents.merge(first.id, id, reason, privacyOfficer);
  await station.index.settled();
  await station.desk.withdrawMerged();
  return { incident: first, merged: others.length };
}
