import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { statusQuery } from "../queries.ts";
import { EmptyState } from "./States.tsx";

/** Shows a page of the outbound gate, or that there is none and what to do. */
export function NeedsOutboundGate({ children }: { children: ReactNode }) {
  const { data } = useQuery(statusQuery);
  if (data !== undefined && !data.gates.some(({ name }) => name === "outbound")) {
    return <EmptyState title="traffic.no-gate" next="traffic.no-gate-next" />;
  }
  return children;
}
