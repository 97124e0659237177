import { answerSquid } from "./squidHelper.ts";

/** Started by Squid: `node runSquidHelper.ts LISTFILE`. */
process.exit(await answerSquid(process.argv[2] ?? ""));
