import { getCampaign } from "./store/campaign.ts";
import { sendCampaign } from "./send/sendCampaign.ts";
import type { Sender } from "./send/sender.ts";
import { openTestRoom, testSettings } from "./testNotices.ts";

/**
 * A sender that a test kills. Its argument is JSON: folder, databaseUrl, port, settings.
 * Says how much memory it holds and how far it is, and at the end what it did.
 */
const { folder, databaseUrl, port, settings } = JSON.parse(process.argv[2] ?? "{}") as {
  folder: string;
  databaseUrl?: string;
  port: number;
  settings?: object;
};
const room = await openTestRoom({ folder, ...(databaseUrl === undefined ? {} : { databaseUrl }) });
let sender: Sender | null = null;
const timer = setInterval(() => {
  const told = { memory: process.memoryUsage().rss, sent: sender?.figures.sent ?? 0 };
  process.stdout.write(`${JSON.stringify(told)}\n`);
}, 250);
const campaign = await getCampaign(room, "june");
const before = process.cpuUsage();
const began = performance.now();
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
const end = await sendCampaign(room, campaign, {
  settings: testSettings(port, settings ?? {}),
  timeZone: "Asia/Tokyo",
  onStart: (started) => {
    sender = started;
  },
  onProblem: (problem) => process.stderr.write(`${problem}\n`),
});
clearInterval(timer);
const { user, system } = process.cpuUsage(before);
const cpuSeconds = (user + system) / 1e6;
const seconds = (performance.now() - began) / 1_000;
process.stdout.write(`${JSON.stringify({ end, cpuSeconds, seconds, memory: process.memoryUsage().rss })}\n`);
await room.close();
