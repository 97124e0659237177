import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { LoadedConfig } from "../../config.ts";
import { SekishoError, textOfError } from "../../lib/error.ts";
import { Composer } from "../../notice/compose/composer.ts";
import { groupNamed } from "../../notice/command/textVerbs.ts";
import { listDoubt, resolveDoubt } from "../../notice/doubt.ts";
import { LANGUAGES } from "../../notice/items.ts";
import { importList } from "../../notice/list/importList.ts";
import { readList } from "../../notice/list/listFile.ts";
import { releaseCampaign } from "../../notice/release.ts";
import type { NoticeSettings } from "../../notice/settings.ts";
import { samplePerson } from "../../notice/send/seeds.ts";
import { sendCampaign } from "../../notice/send/sendCampaign.ts";
import type { Sender } from "../../notice/send/sender.ts";
import { recordState, stopStates } from "../../notice/send/stopSwitch.ts";
import { statusOfCampaign } from "../../notice/status.ts";
import { getCampaign, setCampaign, takeCampaign, type NoticeRoom } from "../../notice/store/campaign.ts";
import { nameOfText } from "../../notice/texts/defaultTexts.ts";
import type { TextProblem } from "../../notice/texts/lint.ts";
import { initTexts, valuesFile } from "../../notice/texts/textFolder.ts";
import { makeVersion, openKeys, type Version } from "../../notice/texts/version.ts";
import type { Person } from "../services.ts";
import type {
  NoticePreview,
  NoticeProblem,
  NoticeProgress,
  NoticeRow,
  NoticeService,
  NoticeView,
} from "./noticeTypes.ts";

export const limits = { listBytesMax: 256 * 1024 ** 2, textBytesMax: 64 * 1024, doubtsShown: 500 } as const;

export type NoticeServiceOptions = {
  room: NoticeRoom;
  loaded: Pick<LoadedConfig, "file"> & {
    config: { notice?: NoticeSettings | undefined; timeZone: string };
  };
  /** The name of a person, by what the ledger calls her. */
  nameOf: (person: string) => Promise<string | null>;
};

/**
 * Notices in the running station, which alone writes its ledger: it sends in its own process, each mail a
 * turn of the event loop, and signatures in other threads.
 */
export function createNoticeService(
  options: NoticeServiceOptions,
): NoticeService & { close(): Promise<void> } {
  return new NoticeDesk(options);
}

type Running = { sender: Sender | null; began: number; ended: Promise<void> };

class NoticeDesk implements NoticeService {
  readonly #options: NoticeServiceOptions;
  readonly #running = new Map<string, Running>();
  readonly #problems = new Map<string, string>();

  constructor(options: NoticeServiceOptions) {
    this.#options = options;
  }

  get ready(): boolean {
    return this.#options.loaded.config.notice !== undefined;
  }

  get #settings(): NoticeSettings {
    const { loaded } = this.#options;
    if (loaded.config.notice !== undefined) return loaded.config.notice;
    throw new SekishoError("config-missing", 'Cannot work on notices: there is no section "notice"', {
      hint: `write one into ${loaded.file}, see docs/notices.md, and start the station again`,
    });
  }

  get #folder(): string {
    return resolve(dirname(this.#options.loaded.file), this.#settings.texts);
  }

  async list(): Promise<NoticeRow[]> {
    const { room } = this.#options;
    const rows = (await room.db
      .selectFrom("notice_campaign")
      .select("name")
      .orderBy("id", "desc")
      .execute()) as { name: string }[];
    return Promise.all(
      rows.map(async ({ name }) => {
        const { state, persons } = await statusOfCampaign(room, await getCampaign(room, name));
        return { name, state, persons };
      }),
    );
  }

  async get(name: string): Promise<NoticeView> {
    const { room } = this.#options;
    const campaign = await getCampaign(room, name);
    const status = await statusOfCampaign(room, campaign);
    const version = await this.#version(name);
    const doubts: NoticeView["doubts"] = [];
    for await (const { person, at, why } of listDoubt(room, campaign)) {
      if (doubts.length >= limits.doubtsShown) break;
      doubts.push({ person, at: at.toISOString(), why });
    }
    const of = (file: string): NoticeProblem[] =>
      version.problems.filter((problem) => problem.file === file).map(problemOf);
    return {
      ...status,
      releases: await Promise.all(
        status.releases.map(async (release) => ({
          authenticated: release.authenticated,
          at: release.at.toISOString(),
          person: (await this.#options.nameOf(release.person)) ?? release.person,
        })),
      ),
      texts: version.groups.map(({ profile, language, persons }) => {
        const file = nameOfText(profile, language);
        const text = this.#read(file);
        return { file, group: `${profile}.${language}`, persons, text, problems: of(file) };
      }),
      values: { text: this.#read(valuesFile) ?? "", problems: of(valuesFile) },
      progress: this.#progressOf(name),
      lastProblem: this.#problems.get(name) ?? null,
      doubts,
    };
  }

  #read(file: string): string | null {
    const path = join(this.#folder, file);
    return existsSync(path) ? readFileSync(path, "utf8").slice(0, limits.textBytesMax) : null;
  }

  async #version(name: string): Promise<Version> {
    const { room } = this.#options;
    const dkim = await openKeys(room, this.#settings);
    const campaign = await getCampaign(room, name);
    return makeVersion(room, campaign, { settings: this.#settings, folder: this.#folder, dkim });
  }

  /** The list lies on disk only while it is read, since it may be larger than memory. */
  async take(name: string, bytes: Buffer, by: Person): ReturnType<NoticeService["take"]> {
    const { room } = this.#options;
    this.#settings satisfies NoticeSettings;
    const folder = mkdtempSync(join(tmpdir(), "sekisho-list-"));
    try {
      const path = join(folder, "list.csv");
      writeFileSync(path, bytes, { mode: 0o600 });
      const campaign = await takeCampaign(room, name);
      const bad: { line: number; problem: string }[] = [];
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      const { rows, added } = await importList(room, campaign, readList({ path }), {
        source: { name: `by ${by.id}`, sha256 },
        onBad: (row) => {
          if (bad.length < 1_000) bad.push(row);
        },
      });
      await this.#init(name);
      return { rows, added, bad };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Texts to start from, where there are none. */
  async #init(name: string): Promise<void> {
    const { groups } = await this.#version(name);
    const keys = groups.map(({ profile, language }) => ({ profile, language }));
    const languages = LANGUAGES.filter((language) => keys.some((key) => key.language === language));
    initTexts(this.#folder, keys, languages);
  }

  async saveText(name: string, file: string, text: string): Promise<NoticeView> {
    const known = (await this.#version(name)).groups.map(({ profile, language }) =>
      nameOfText(profile, language),
    );
    if (file !== valuesFile && !known.includes(file)) {
      throw new SekishoError("not-found", `Cannot save ${file}: no group of this campaign has that text`, {
        hint: `texts: ${[...known, valuesFile].join(", ")}`,
      });
    }
    if (Buffer.byteLength(text) > limits.textBytesMax)
      throw new SekishoError("input-too-large", "Cannot save a text of more than 64 kB", {
        hint: "shorten it",
      });
    writeFileSync(join(this.#folder, file), text, { mode: 0o600 });
    return this.get(name);
  }

  async preview(name: string, group: string): Promise<NoticePreview> {
    const { room, loaded } = this.#options;
    const [profile, language] = groupNamed(group);
    const campaign = await getCampaign(room, name);
    const dkim = await openKeys(room, this.#settings);
    const { body } = await this.#version(name);
    const composer = new Composer({ campaign, body, dkim, timeZone: loaded.config.timeZone });
    const person = samplePerson("reader@example.jp", profile, language);
    const { subject, body: text } = composer.text({ number: 0, person, profile, language, step: 1 });
    const [sender] = this.#settings.senders;
    return { from: `${sender?.name ?? ""} <${sender?.address ?? ""}>`, subject, text };
  }

  /** Two persons, each signed in: the second one releases it. */
  async release(name: string, by: Person): Promise<NoticeView> {
    const { room } = this.#options;
    const version = await this.#version(name);
    const campaign = await getCampaign(room, name);
    await releaseCampaign(room, campaign, { version, by: by.id, authenticated: true });
    return this.get(name);
  }

  async start(name: string, by: Person): Promise<NoticeView> {
    if (this.#running.has(name)) {
      throw new SekishoError("conflict", `Cannot start ${name}: it is being sent`, {
        hint: "look at its progress",
      });
    }
    const { room, loaded } = this.#options;
    const campaign = await getCampaign(room, name);
    await room.record({
      kind: "decided",
      code: "notice-start-ordered",
      about: { campaign: name, person: by.id },
      data: {},
    });
    this.#problems.delete(name);
    const running: Running = { sender: null, began: performance.now(), ended: Promise.resolve() };
    running.ended = sendCampaign(room, campaign, {
      settings: this.#settings,
      timeZone: loaded.config.timeZone,
      onStart: (sender) => {
        running.sender = sender;
        running.began = performance.now();
      },
      onProblem: (problem) => void this.#problems.set(name, problem),
    })
      .then(() => {})
      .catch((error: unknown) => void this.#problems.set(name, textOfError(error)))
      .finally(() => void this.#running.delete(name));
    this.#running.set(name, running);
    // What cannot start says so at once.
    await Promise.race([running.ended, new Promise((started) => setTimeout(started, 300))]);
    return this.get(name);
  }

  #progressOf(name: string): NoticeProgress | null {
    const running = this.#running.get(name);
    if (running === undefined || running.sender === null) return null;
    const { figures, total } = running.sender;
    const { sent, refused, deferred, doubt } = figures;
    const done = sent + refused + doubt;
    const perSecond = done / Math.max(0.001, (performance.now() - running.began) / 1_000);
    const secondsLeft = done === 0 ? null : Math.round(Math.max(0, total - done) / perSecond);
    return { sent, refused, deferred, doubt, total, perSecond: Math.round(perSecond), secondsLeft };
  }

  async order(
    name: string,
    act: "pause" | "stop" | "resume",
    reason: string,
    by: Person,
  ): Promise<NoticeView> {
    const { room } = this.#options;
    const campaign = await getCampaign(room, name);
    if (act === "resume") {
      if (campaign.state !== "paused" || campaign.releaseEntry === null) {
        throw new SekishoError("conflict", `Cannot resume: the campaign is ${campaign.state}`, {
          hint: "only a paused one goes on; a stopped one is released again by two persons",
        });
      }
      await recordState(room, campaign, { code: "notice-resumed", by: by.id, reason, state: "released" });
      return this.get(name);
    }
    const state = stopStates[act];
    await setCampaign(room, campaign, { state });
    const code = act === "stop" ? "notice-stopped" : "notice-paused";
    await recordState(room, campaign, { code, by: by.id, reason, state });
    if (act === "stop") await setCampaign(room, campaign, { text_version: null, release_entry: null });
    return this.get(name);
  }

  async settleDoubt(
    name: string,
    rule: Parameters<NoticeService["settleDoubt"]>[1],
    reason: string,
    by: Person,
  ): Promise<NoticeView> {
    const { room } = this.#options;
    const campaign = await getCampaign(room, name);
    await resolveDoubt(room, campaign, { rule, by: by.id, reason, persons: null });
    return this.get(name);
  }

  /** Pauses what is being sent, in order; the next start goes on. */
  async close(): Promise<void> {
    for (const [name, { ended }] of this.#running) {
      const campaign = await getCampaign(this.#options.room, name);
      await setCampaign(this.#options.room, campaign, { state: "paused" });
      await ended;
      await setCampaign(this.#options.room, campaign, { state: "released" });
    }
  }
}

function problemOf({ line, rule, problem, mend }: TextProblem): NoticeProblem {
  return { line, rule, problem, mend };
}
