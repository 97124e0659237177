import type { Decision, Decisions } from "../../incident/decide.ts";
import type { GateOrders, OrderResult } from "../orders.ts";
import { refuseReader, refuseWithoutPasskey } from "./approvalService.ts";
import type { DecisionService, DecisionView, Role } from "../services.ts";

/** Decisions as the pages see them: with what became of them at the gate. */
export function createDecisionService(decisions: Decisions, orders: GateOrders): DecisionService {
  async function viewsOf(found: Decision[]): Promise<DecisionView[]> {
    const results = await orders.results(found.map((decision) => decision.id));
    return found.map((decision) => viewOf(decision, results.get(decision.id) ?? null));
  }
  return {
    list: async (filter) => viewsOf(await decisions.list(filter)),
    get: async (id) => (await viewsOf([await decisions.get(id)]))[0] as DecisionView,
    async answer(id, person, answer) {
      const decision = await decisions.get(id);
      refuseReader(decision, person);
      refuseWithoutPasskey(decision, answer.option);
      return (await viewsOf([await decisions.answer(id, person, answer)]))[0] as DecisionView;
    },
  };
}

function viewOf(decision: Decision, enforcement: OrderResult | null): DecisionView {
  const { owner, ...rest } = decision;
  return { ...rest, owner: { role: owner.role as Role, person: owner.person }, enforcement };
}
