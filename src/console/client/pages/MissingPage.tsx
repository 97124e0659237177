import { EmptyState } from "../parts/States.tsx";

export function MissingPage() {
  return <EmptyState title="state.missing" next="state.missing-next" />;
}
