import { mail2016 } from "../gates/mail/fixtures/mail2016.ts";
import { ordinaryMails } from "../gates/mail/fixtures/ordinaryMails.ts";
import type { HeldMailRow } from "../station/services.ts";
import type { Act, ActResult, Stage } from "./act.ts";
import { sendMail } from "./sendMail.ts";

/** Reasons of which at least these must have been found in the mail of 2016. */
const reasonsWanted = ["executable-in-archive", "document-icon"] as const;

/**
 * Act one: the mail of 2016-03-15, inert, in both kinds of archive, among ordinary mail of a Japanese
 * office. In
 * 2016 it was opened; here it must be held with reasons that a person understands, and the ordinary mail
 * delivered.
 */
export const actMail: Act = { name: "mail", title: "2016-03-15: the mail is opened", play };

async function play(stage: Stage): Promise<ActResult> {
  const started = performance.now();
  const problems: string[] = [];
  const before = stage.mailbox.delivered.length;
  const { rows: heldBefore } = await stage.station.services.desk.list({ limit: 1_000 });
  const knownHeld = new Set(heldBefore.map((row) => row.mail));
  const run = Date.now().toString(36);
  const ordinary = ordinaryMails();
  for (const { name, raw, envelope } of ordinary) {
    const sent = await sendMail(stage.gate, { ...envelope, raw: asNew(raw, run) });
    if (sent.code !== 250) problems.push(`ordinary mail "${name}" was answered ${sent.code} ${sent.reply}`);
  }
  const answers: number[] = [];
  for (const archive of ["zip", "lzh"] as const) {
    const { raw, envelope } = mail2016({ archive });
    const sentAt = performance.now();
    const sent = await sendMail(stage.gate, { ...envelope, raw: asNew(raw, run) });
    answers.push(performance.now() - sentAt);
    stage.tell(`the mail of 2016 (.${archive}) was answered: ${sent.reply}`);
    if (sent.code !== 250 || !sent.reply.includes("review")) {
      problems.push(`the mail of 2016 (.${archive}) was answered ${sent.code} ${sent.reply}, not held`);
    }
  }
  const held = await waitForHeld(stage, knownHeld, 2);
  await stage.mailbox.waitFor((delivered) => delivered.length >= before, 10_000).catch(() => {});
  await settleMailbox(stage, before + ordinary.length);
  const delivered = stage.mailbox.delivered.slice(before);
  problems.push(
    ...judgeOutcome({ held, delivered: delivered.map((one) => one.raw), ordinary: ordinary.length }),
  );
  return {
    act: "mail",
    ok: problems.length === 0,
    seconds: (performance.now() - started) / 1000,
    figures: {
      ordinarySent: ordinary.length,
      ordinaryDelivered: delivered.length,
      mail2016Sent: 2,
      mail2016Held: held.filter((row) => isMailOf2016(row)).length,
      ordinaryHeld: held.filter((row) => !isMailOf2016(row)).length,
      secondsToHold: Number((Math.max(...answers) / 1000).toFixed(3)),
      reasons: [...new Set(held.flatMap((row) => row.reasons.map((reason) => reason.code)))].join(" "),
    },
    problems,
  };
}

/** The gate takes equal bytes for the same message, so every run's messages have identities of their own. */
function asNew(raw: Buffer, run: string): Buffer {
  const text = raw.toString("latin1");
  const renewed = text.replace(/^(message-id: <)/im, `$1${run}.`);
  const identified =
    renewed === text ? `Message-ID: <${run}.${text.length}@client.example>\r\n${text}` : renewed;
  return Buffer.from(identified, "latin1");
}

async function waitForHeld(stage: Stage, known: Set<string>, count: number): Promise<HeldMailRow[]> {
  const until = performance.now() + 15_000;
  for (;;) {
    await stage.station.station.index.settled();
    const { rows } = await stage.station.services.desk.list({ limit: 1_000 });
    const held = rows.filter((row) => !known.has(row.mail));
    const asked = held.filter((row) => row.decisionId !== null);
    if (asked.length >= count || performance.now() > until) return held;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Delivered mail is in the mailbox before the sender's 250, so only a wrong outcome waits here. */
async function settleMailbox(stage: Stage, wanted: number): Promise<void> {
  await stage.mailbox.waitFor((delivered) => delivered.length >= wanted, 2_000).catch(() => {});
}

function isMailOf2016(row: HeldMailRow): boolean {
  const codes = new Set(row.reasons.map((reason) => reason.code));
  return reasonsWanted.every((code) => codes.has(code));
}

function judgeOutcome(outcome: { held: HeldMailRow[]; delivered: Buffer[]; ordinary: number }): string[] {
  const problems: string[] = [];
  const { held, delivered, ordinary } = outcome;
  const of2016 = held.filter(isMailOf2016);
  if (of2016.length !== 2) {
    problems.push(
      `${of2016.length} of 2 mails of 2016 are held with the reasons ${reasonsWanted.join(", ")}`,
    );
  }
  if (of2016.some((row) => !row.secondPerson))
    problems.push("a mail of 2016 could be released by one person alone");
  if (held.length > of2016.length) problems.push(`${held.length - of2016.length} ordinary mails are held`);
  if (delivered.length !== ordinary)
    problems.push(`${delivered.length} of ${ordinary} ordinary mails were delivered`);
  if (delivered.some((raw) => raw.includes("E-TKT"))) problems.push("a mail of 2016 was delivered");
  return problems;
}
