import { useQuery } from "@tanstack/react-query";
import { Outlet, useRouterState } from "@tanstack/react-router";
import { Suspense } from "react";
import { sessionQuery } from "../session.ts";
import { Shell } from "../parts/Shell.tsx";
import { BrokenState, LoadingState } from "../parts/States.tsx";
import { EnrolPage } from "./EnrolPage.tsx";
import { SignInPage } from "./SignInPage.tsx";

/**
 * Lets nobody past who is not signed in with both factors. The address stays as it is, so a shared link leads
 * to its page right after the sign-in.
 */
export function RootPage() {
  const query = useQuery(sessionQuery);
  const path = useRouterState({ select: (state) => state.location.pathname });
  if (query.data === undefined) {
    return (
      <div className="gate-page">
        {query.isPending ? (
          <LoadingState rows={3} />
        ) : (
          <BrokenState error={query.error} again={query.refetch} />
        )}
      </div>
    );
  }
  const { state } = query.data;
  if (state === "second-factor-missing") return <EnrolPage />;
  const page = (
    <Suspense fallback={<LoadingState />}>
      <Outlet />
    </Suspense>
  );
  if (path === "/welcome" && state === "signed-out") return page;
  return state === "signed-out" ? <SignInPage /> : <Shell>{page}</Shell>;
}
