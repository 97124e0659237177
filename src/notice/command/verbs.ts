import { bouncesVerb } from "./bounceVerb.ts";
import { doubtVerb, proofVerb, statusVerb } from "./afterVerbs.ts";
import { lettersVerb } from "./letterVerb.ts";
import { importVerb } from "./listVerbs.ts";
import type { NoticeVerb } from "./place.ts";
import { pauseVerb, resumeVerb, sendVerb, stopVerbOfAll } from "./sendVerbs.ts";
import { dnsVerb, lintVerb, previewVerb, releaseVerb, textsVerb } from "./textVerbs.ts";

/** Every command of `sekisho notice`, in the order of the work. */
export const noticeVerbs: Readonly<Record<string, NoticeVerb>> = {
  import: importVerb,
  texts: textsVerb,
  lint: lintVerb,
  preview: previewVerb,
  dns: dnsVerb,
  release: releaseVerb,
  send: sendVerb,
  status: statusVerb,
  pause: pauseVerb,
  resume: resumeVerb,
  stop: stopVerbOfAll,
  doubt: doubtVerb,
  bounces: bouncesVerb,
  letters: lettersVerb,
  proof: proofVerb,
};
