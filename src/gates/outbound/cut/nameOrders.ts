import { textOfError } from "../../../lib/error.ts";
import { Turn } from "../../../lib/turn.ts";
import type { CutOrder, CutPlan } from "./cutOrder.ts";
import { plainName, replaceShared, tellResolvers } from "./resolverZones.ts";
import { writeSquidList } from "./squidList.ts";

export const limits = { namesMax: 20_000 } as const;

/** What of the orders the kernel does not do: the resolver's emergency zone, and the list of the proxy. */
export class NameOrders {
  #told = "";
  readonly #turn = new Turn();

  /** Tells what is in force now, where that is news; the problems, or null where nothing was to be told. */
  tell(inForce: () => { plan: CutPlan | null; orders: readonly CutOrder[] }): Promise<string[] | null> {
    return this.#turn.take(async () => {
      const { plan, orders } = inForce();
      if (plan === null) return null;
      const texts = orders.flatMap(({ act }) => (act.do === "block" ? act.names : []));
      const names = [...new Set(texts.map(plainName).filter((name) => name !== null))];
      const list = writeSquidList(orders);
      const news = JSON.stringify([names, list, plan.squid, plan.unbound, plan.dnsmasq]);
      if (news === this.#told) return null;
      const some = names.slice(0, limits.namesMax);
      const told = await Promise.all([tellSquid(plan, list), tellResolvers(plan, some)]);
      const problems = told.flat();
      this.#told = problems.length === 0 ? news : "";
      if (some.length < names.length) problems.push(`more than ${limits.namesMax} names are blocked`);
      return problems;
    });
  }
}

async function tellSquid({ squid }: CutPlan, list: string): Promise<string[]> {
  if (squid === null) return [];
  try {
    await replaceShared(squid.listFile, list);
    return [];
  } catch (error) {
    return [`Squid does not hold the list: ${textOfError(error)}`];
  }
}
