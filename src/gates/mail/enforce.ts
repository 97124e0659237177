import type { Crossing } from "../../gate.ts";
import type { EntryId, EvidenceHash } from "../../ledger/entry.ts";
import type { EvidenceStore } from "../../ledger/evidence.ts";
import type { Recorder } from "../../ledger/recorder.ts";
import { SekishoError } from "../../lib/error.ts";
import type { Order } from "../../gateLink.ts";
import { decodeHeldMail, domainOf, encodeHeldMail, maskAddress } from "./heldMail.ts";
import type { MailAct, MailJudgementReason } from "./judge.ts";
import type { MailMemory } from "./memory.ts";
import type { SeenMail } from "./seen.ts";
import { deliveryNotice } from "./smtp/deliveryNotice.ts";
import type { Courier } from "./smtp/courier.ts";
import { deferredOf, type Delivery } from "./smtp/deliver.ts";
import { stampHeaders, type Stamp } from "./smtp/stampHeaders.ts";
import { stripParts } from "./smtp/stripParts.ts";

/** What the client is told. */
export type Answer = { code: number; text: string };

/** One received message on its way, with its bytes. */
export type ReceivedMail = {
  mail: string;
  fingerprint: string;
  /** The same transaction was sent before and its outcome is not known: a second copy may arrive. */
  inDoubt: boolean;
  /** Places in the sorted envelope: of the recipients of `seen`, and of those that had it before. */
  places: readonly number[];
  reached: readonly number[];
  raw: Buffer;
  smtpUtf8: boolean;
  protocol: Stamp["protocol"];
  /** Null reading where the worker failed; the judgement then is the policy's onFailure. */
  seen: Omit<SeenMail, "reading"> & { reading: SeenMail["reading"] | null };
};

export type Parts = {
  hostname: string;
  shadow: boolean;
  recorder: Recorder;
  evidence: EvidenceStore;
  memory: MailMemory;
  courier: Courier;
  now: () => Temporal.Instant;
};

type MailCrossing = Crossing<ReceivedMail, MailAct>;

/** Carries out acts on mail: deliver, hold, refuse, strip, and later release. */
export class MailEnforcer {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Carries out an act; the answer is what the client may be told, and is true when this resolves. */
  async enforce(act: MailAct, crossing: MailCrossing): Promise<Answer> {
    if (this.#parts.shadow && act.do !== "pass") {
      this.#note("enforced", "shadow", crossing, { would: act.do, state: "dry" });
      return this.#pass(crossing, crossing.seen.raw);
    }
    switch (act.do) {
      case "pass":
        return this.#pass(crossing, crossing.seen.raw);
      case "hold":
        return this.#hold(crossing, act.secondPerson);
      case "refuse":
        return this.#refuse(crossing, act.reply);
      case "strip":
        return this.#strip(crossing, act.paths);
    }
  }

  async #pass(crossing: MailCrossing, raw: Buffer, verdict = "pass"): Promise<Answer> {
    const { seen: received } = crossing;
    const { transport } = received.seen;
    const stamped = stampHeaders(raw, this.#stampOf(received, crossing, verdict));
    const asked = this.#note("enforced", "delivery-asked", crossing, {
      state: "asked",
      resent: received.inDoubt,
    });
    this.#parts.recorder.flush();
    const delivery = await this.#parts.courier.deliver({
      hop: transport.direction,
      from: transport.mailFrom,
      to: transport.rcptTo,
      raw: stamped,
      smtpUtf8: received.smtpUtf8,
      mark: {
        of: "transaction",
        fingerprint: received.fingerprint,
        mail: received.mail,
        places: received.places,
        reached: received.reached,
      },
    });
    return this.#answerDelivery(crossing, delivery, asked);
  }

  async #answerDelivery(crossing: MailCrossing, delivery: Delivery, asked: EntryId): Promise<Answer> {
    const rests = [asked];
    switch (delivery.outcome) {
      case "accepted":
        return this.#answerAccepted(crossing, delivery, rests);
      case "refused":
        this.#note("enforced", "delivery-refused", crossing, { state: "failed", code: delivery.code }, rests);
        return { code: delivery.code, text: delivery.reply };
      case "unreachable":
        this.#note("enforced", "next-hop-away", crossing, awayData(delivery.problem), rests);
        return { code: 451, text: "4.4.1 the mail server behind this gate is away, try again later" };
      case "in-doubt":
        await this.#append("enforced", "delivery-in-doubt", crossing, { state: "failed" }, rests);
        return { code: 451, text: "4.4.2 the mail server behind this gate did not answer, try again later" };
    }
  }

  /**
   * Where the next hop defers some recipients and takes the message for others, the client keeps it and tries
   * again; the memory knows by then who has it.
   */
  async #answerAccepted(
    crossing: MailCrossing,
    delivery: Extract<Delivery, { outcome: "accepted" }>,
    rests: EntryId[],
  ): Promise<Answer> {
    const deferred = deferredOf(delivery).length;
    const refused = delivery.refused.filter((one) => one.code >= 500);
    const data = { accepted: delivery.accepted.length, refused: refused.length };
    if (deferred === 0)
      this.#note("enforced", "mail-delivered", crossing, { state: "in-place", ...data }, rests);
    else
      await this.#append(
        "enforced",
        "delivery-partly",
        crossing,
        { state: "failed", ...data, deferred },
        rests,
      );
    if (refused.length > 0) await this.#tellRefused(crossing, refused, rests);
    return deferred === 0
      ? { code: 250, text: `2.0.0 accepted as ${crossing.seen.mail}` }
      : {
          code: 451,
          text: `4.2.0 ${deferred} recipients wait at the mail server behind this gate, try again`,
        };
  }

  /**
   * RFC 5321 6.1: once accepted for some recipients, the others must be told of. Only to a sender that is
   * authenticated, since a notice to a forged one would hit a bystander (RFC 3834 4).
   */
  async #tellRefused(
    crossing: MailCrossing,
    refused: { recipient: string; code: number; reply: string }[],
    rests: EntryId[],
  ) {
    const { seen: received } = crossing;
    const { transport, reading } = received.seen;
    const authentic = transport.direction === "outbound" || reading?.authentication.spf.result === "pass";
    const told = authentic && transport.mailFrom !== "";
    await this.#append(
      "enforced",
      "recipients-refused",
      crossing,
      { state: "failed", count: refused.length, told },
      rests,
    );
    if (!told) return;
    const notice = deliveryNotice({
      hostname: this.#parts.hostname,
      mail: received.mail,
      to: transport.mailFrom,
      refused,
      at: this.#parts.now(),
      original: received.raw,
    });
    const sent = await this.#parts.courier.deliver({
      hop: transport.direction === "inbound" ? "outbound" : "inbound",
      from: "",
      to: [transport.mailFrom],
      raw: notice,
      smtpUtf8: false,
      mark: null,
    });
    const state = sent.outcome === "accepted" ? "in-place" : "failed";
    this.#note("enforced", "refusal-notice-sent", crossing, { state, outcome: sent.outcome }, rests);
  }

  /** Puts the message as it came, with what was read and judged, into the evidence store. */
  #keep({ seen: received, judgement }: MailCrossing): Promise<EvidenceHash> {
    const { transport, reading, at } = received.seen;
    return this.#parts.evidence.put(
      encodeHeldMail({
        mail: received.mail,
        receivedAt: at.toString({ fractionalSecondDigits: 3 }),
        transport,
        smtpUtf8: received.smtpUtf8,
        reading,
        reasons: judgement.reasons,
        order: judgement.order,
        raw: received.raw,
      }),
    );
  }

  /** 250 only when the message lies encrypted on disk and its entry is on disk too. */
  async #hold(crossing: MailCrossing, secondPerson: boolean): Promise<Answer> {
    const { seen: received, judgement } = crossing;
    const { transport, reading } = received.seen;
    const object = await this.#keep(crossing);
    this.#remember(received, "holding");
    const sender = reading?.from[0]?.address ?? transport.mailFrom;
    await this.#parts.recorder.append({
      kind: "enforced",
      code: "mail-held",
      about: crossing.about,
      rests: [crossing.restsOn],
      evidence: [object],
      data: {
        state: "in-place",
        secondPerson,
        order: judgement.order,
        sender: maskAddress(sender),
        senderDomain: domainOf(sender),
        recipients: transport.rcptTo.slice(0, 20).map(maskAddress),
        recipientCount: transport.rcptTo.length,
        bytes: received.raw.length,
        attachments: reading?.parts.filter((part) => part.names.length > 0).length ?? 0,
        reasons: judgement.reasons.map(({ code, technique, severity }) => ({ code, technique, severity })),
      },
    });
    this.#remember(received, "held");
    return { code: 250, text: `2.0.0 accepted for review as ${received.mail}` };
  }

  async #refuse(crossing: MailCrossing, reply: string): Promise<Answer> {
    this.#remember(crossing.seen, "refused");
    await this.#append("enforced", "mail-refused", crossing, { state: "in-place" });
    return { code: 550, text: reply };
  }

  /** The rest goes on with a notice in place of each part that was taken out; the original is kept. */
  async #strip(crossing: MailCrossing, paths: string[]): Promise<Answer> {
    const { seen: received } = crossing;
    const { reading } = received.seen;
    const stripped = reading === null ? null : stripParts(received.raw, reading.parts, paths);
    // A part inside an archive cannot be taken out alone.
    if (stripped === null) return this.#hold(crossing, false);
    const object = await this.#keep(crossing);
    await this.#parts.recorder.append({
      kind: "enforced",
      code: "mail-stripped",
      about: crossing.about,
      rests: [crossing.restsOn],
      evidence: [object],
      data: { state: "in-place", parts: paths },
    });
    return this.#pass(crossing, stripped, "strip");
  }

  /** Carries out an order of a decision once; what became of it is an entry that names the order. */
  async carryOut(order: Order): Promise<void> {
    const { memory, recorder } = this.#parts;
    const before = memory.orderProgress(order.order);
    if (before?.state === "done") return;
    if (before?.state === "delivered") return this.#recordLateRelease(order);
    const about = { ...order.about, order: order.order };
    const rests = [order.restsOn];
    if (order.act === "refuse") {
      await recorder.append({
        kind: "enforced",
        code: "held-mail-refused",
        about,
        rests,
        data: { state: "ended" },
      });
      this.#noteDone(order);
      return;
    }
    const asked = await recorder.append({
      kind: "enforced",
      code: "release-asked",
      about,
      rests,
      data: { state: "asked", resent: before?.state === "sending" || before?.state === "in-doubt" },
    });
    const { code, data } = await this.#release(order, before?.reached ?? []).catch(failureOf);
    await recorder.append({ kind: "enforced", code, about, rests: [asked.id], data });
    if (code === "mail-released" || data["permanent"] === true) this.#noteDone(order);
  }

  #noteDone(order: Order): void {
    this.#parts.memory.noteOrder(order.order, "done", { at: this.#parts.now().epochMilliseconds });
  }

  /** The gate was killed between the delivery and its entry. */
  async #recordLateRelease(order: Order): Promise<void> {
    const about = { ...order.about, order: order.order };
    const data = { state: "in-place", late: true };
    await this.#parts.recorder.append({
      kind: "enforced",
      code: "mail-released",
      about,
      rests: [order.restsOn],
      data,
    });
    this.#noteDone(order);
  }

  async #release(order: Order, reached: readonly number[]): Promise<Released> {
    const { evidence, courier, hostname, now } = this.#parts;
    const name = order.evidence[0];
    if (name === undefined) return failed({ outcome: "evidence-missing", permanent: true });
    const held = decodeHeldMail(await evidence.get(name));
    const { transport, reading } = held;
    const raw = stampHeaders(held.raw, {
      hostname,
      mail: held.mail,
      verdict: "released",
      reasons: held.reasons.map((reason) => reason.code),
      authentication: reading?.authentication.header ?? null,
      transport,
      protocol: held.smtpUtf8 ? "UTF8SMTP" : "ESMTP",
      at: now(),
    });
    const places = transport.rcptTo.map((_, place) => place).filter((place) => !reached.includes(place));
    const delivery = await courier.deliver({
      hop: "inbound",
      from: transport.mailFrom,
      to: places.map((place) => transport.rcptTo[place] as string),
      raw,
      smtpUtf8: held.smtpUtf8,
      mark: { of: "order", order: order.order, places, reached },
    });
    return releasedOf(delivery, reached.length);
  }

  #stampOf(received: ReceivedMail, crossing: MailCrossing, verdict: string): Stamp {
    const { reading, transport } = received.seen;
    return {
      hostname: this.#parts.hostname,
      mail: received.mail,
      verdict: this.#parts.shadow ? `${verdict} (shadow)` : verdict,
      reasons: (crossing.judgement.reasons as MailJudgementReason[]).map((reason) => reason.code),
      authentication: transport.direction === "inbound" ? (reading?.authentication.header ?? null) : null,
      transport,
      protocol: received.protocol,
      at: received.seen.at,
    };
  }

  #remember(received: ReceivedMail, state: "holding" | "held" | "refused"): void {
    const at = this.#parts.now().epochMilliseconds;
    this.#parts.memory.note(received.fingerprint, { state, mail: received.mail, at });
  }

  #note(
    kind: "enforced",
    code: string,
    crossing: MailCrossing,
    data: Record<string, string | number | boolean>,
    rests: EntryId[] = [crossing.restsOn],
  ): EntryId {
    return this.#parts.recorder.note({ kind, code, about: crossing.about, rests, data }).id;
  }

  async #append(
    kind: "enforced",
    code: string,
    crossing: MailCrossing,
    data: Record<string, string | number | boolean>,
    rests: EntryId[] = [crossing.restsOn],
  ): Promise<void> {
    await this.#parts.recorder.append({ kind, code, about: crossing.about, rests, data });
  }
}

type Facts = Record<string, string | number | boolean | null>;
type Released = { code: "mail-released" | "release-failed"; data: Facts };

function failed(data: Facts): Released {
  return { code: "release-failed", data: { ...data, state: "failed" } };
}

/** A refusal by name (5xx) is final; anything else is tried again by the station. */
function releasedOf(delivery: Delivery, reachedBefore: number): Released {
  if (delivery.outcome === "accepted") {
    const deferred = deferredOf(delivery).length;
    const data = { accepted: delivery.accepted.length, refused: delivery.refused.length - deferred };
    if (deferred === 0) return { code: "mail-released", data: { state: "in-place", ...data } };
    return failed({ ...data, deferred, outcome: "partly", permanent: false });
  }
  if (delivery.outcome !== "refused") return failed({ outcome: delivery.outcome, permanent: false });
  const { code, refused } = delivery;
  // The others have it, and these are refused for good: it is over.
  if (code >= 500 && reachedBefore > 0)
    return { code: "mail-released", data: { state: "in-place", accepted: 0, refused: refused.length } };
  return failed({ outcome: "refused", code, permanent: code >= 500 });
}

/** An object that is gone or changed stays so; a disk or a key file may be mended. */
function failureOf(error: unknown): Released {
  const outcome = error instanceof SekishoError ? error.code : "error";
  return failed({ outcome, permanent: outcome.startsWith("evidence-") });
}

/** The library's words on the connection, or the courier's on its own disk. */
function awayData(problem: string): { state: string; problem: string } {
  return { state: "failed", problem: problem.replace(/[^\x20-\x7e]/g, "?").slice(0, 160) };
}
