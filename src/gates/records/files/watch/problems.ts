import type { WatchProblem } from "./watchedFile.ts";

/** The sentences of everything that can go wrong with a watch. */
export const problems = {
  noLinks: (path: string, code: string): WatchProblem => ({
    code: "no-links",
    path,
    because: {
      en: `no second name can be given to files here (${code}): what is deleted at once may be lost`,
      ja: `ここのファイルには別名を付けられない (${code})。すぐ消されたものは失われ得る`,
    },
  }),
  limit: (path: string, code: string, count: number): WatchProblem => ({
    code: "watch-limit",
    path,
    because: {
      en: `no more folders can be watched than ${count} (${code}); raise fs.inotify.max_user_watches`,
      ja: `${count} 個を超えるフォルダーは監視できない (${code})。fs.inotify.max_user_watches を上げる`,
    },
  }),
  vanished: (path: string): WatchProblem => ({
    code: "folder-vanished",
    path,
    because: {
      en: "this folder is not there, or not ours to read",
      ja: "このフォルダーがない、または読めない",
    },
  }),
  tooMany: (path: string, count: number): WatchProblem => ({
    code: "too-many",
    path,
    because: {
      en: `more than ${count} files changed at once; some are not held`,
      ja: `同時に ${count} 個を超えるファイルが変わり、一部は確保できない`,
    },
  }),
  missed: (path: string, count: number): WatchProblem => ({
    code: "missed",
    path,
    because: {
      en: `${count} files came and went before they could be held, this one among them`,
      ja: `確保する前に消えたファイルが ${count} 個ある (これはその一つ)`,
    },
  }),
  notRead: (path: string, why: string): WatchProblem => ({
    code: "not-read",
    path,
    because: { en: `it could not be looked at: ${why}`, ja: `中を見られない: ${why}` },
  }),
  notKept: (path: string, why: string): WatchProblem => ({
    code: "evidence-full",
    path,
    because: {
      en: `it could not be put into evidence (${why}); it is still held under a second name`,
      ja: `証拠として保存できない (${why})。別名ではまだ確保している`,
    },
  }),
  ended: (why: string): WatchProblem => ({
    code: "watch-ended",
    path: null,
    because: {
      en: `the thread that watches ended (${why}) and is begun anew; files of a second may be missing`,
      ja: `監視スレッドが止まり (${why})、始め直した。その間のファイルは見ていない`,
    },
  }),
  writers: (why: string): WatchProblem => ({
    code: "writers-unknown",
    path: null,
    because: {
      en: `the kernel does not tell which process writes (${why}); open files and owners are what is known`,
      ja: `どのプロセスが書いたかをカーネルから聞けない (${why})。開いているファイルと所有者から推定する`,
    },
  }),
} as const;
