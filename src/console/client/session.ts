import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import { api, read } from "./api.ts";

/** Who looks at the page, what she may do, and where the station is. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: () => read(api.session.$get()),
  refetchInterval: 60_000,
});

export type Session = Awaited<ReturnType<typeof readSession>>;
const readSession = () => read(api.session.$get());

export function useSession(): Session {
  return useSuspenseQuery(sessionQuery).data;
}

/** Whether the reader's roles give this, so that the page can leave out what would be refused. */
export function useMay(permission: Session["permissions"][number]): boolean {
  return useSession().permissions.includes(permission);
}
