import type { Hotline } from "../../notice/hotline/hotline.ts";
import { ITEMS } from "../../notice/items.ts";
import type { HotlineService } from "./hotlineTypes.ts";

/** The hotline as its page asks it: names of items in the words in which an agent says them. */
export function createHotlineService(hotline: Hotline): HotlineService {
  return {
    async ask(call, agent) {
      const answer = await hotline.ask({ ...call, agent: agent.id });
      if (answer.outcome !== "affected") return answer;
      const items = answer.items.map((item) => ({ ja: ITEMS[item].ja, en: ITEMS[item].en }));
      return { ...answer, items };
    },
  };
}
