import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiProblem } from "./api.ts";
import { createConsoleRouter } from "./router.tsx";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/table.css";
import "./styles/parts.css";
import "./styles/traffic.css";
import "./styles/records.css";
import "./styles/scope.css";
import "./styles/incident.css";
import "./styles/notice.css";
import "./styles/report.css";
import "./theme.ts";

const client = new QueryClient({
  queryCache: new QueryCache({
    // A session that ended shows in any answer; the frame then asks who one is, and shows the sign-in.
    onError: (error, query) => {
      const ended =
        error instanceof ApiProblem && ["signed-out", "second-factor-missing"].includes(error.code);
      if (ended && query.queryKey[0] !== "session") void client.invalidateQueries({ queryKey: ["session"] });
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 2000,
      retry: (count, error) =>
        !(error instanceof ApiProblem && error.status >= 400 && error.status < 500) && count < 2,
      retryDelay: 1000,
    },
  },
});

const nonce = document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce;
const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <CSPProvider {...(nonce === undefined ? {} : { nonce })}>
        <QueryClientProvider client={client}>
          <RouterProvider router={createConsoleRouter(client)} />
        </QueryClientProvider>
      </CSPProvider>
    </StrictMode>,
  );
}
