import type { QueryClient } from "@tanstack/react-query";
import {
  type AnyRoute,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { RootPage } from "./pages/RootPage.tsx";
import { MissingPage } from "./pages/MissingPage.tsx";
import { BrokenState } from "./parts/States.tsx";
import { sessionQuery } from "./session.ts";

type Search = Record<string, string>;

/** Keeps the named parameters that are text; the address is the state, and any other text is not ours. */
function only<const Names extends string>(...names: Names[]) {
  return (search: Record<string, unknown>): Partial<Record<Names, string>> => {
    const kept: Search = {};
    for (const name of names) {
      const value = search[name];
      if (typeof value === "string" && value !== "") kept[name] = value;
    }
    return kept as Partial<Record<Names, string>>;
  };
}

/** All that an address holds is text, so it stands there as it is; what is empty is left out. */
function printSearch(search: Record<string, unknown>): string {
  const given = Object.entries(search).filter(([, value]) => typeof value === "string" && value !== "");
  const text = new URLSearchParams(given as [string, string][]).toString();
  return text === "" ? "" : `?${text}`;
}

/** Makes pages whose addresses hold no state. */
function pagesOf<const Root extends AnyRoute>(root: Root) {
  return <const Path extends string>(path: Path, load: () => Promise<Record<string, any>>, name: string) =>
    createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load, name) });
}

/** The pages and their addresses. */
export function createConsoleRouter(client: QueryClient) {
  const root = createRootRoute({
    component: RootPage,
    notFoundComponent: MissingPage,
    loader: () => client.ensureQueryData(sessionQuery),
  });
  const page = pagesOf(root);
  const home = createRoute({
    getParentRoute: () => root,
    path: "/",
    beforeLoad: () => {
      throw redirect({ to: "/gates" });
    },
  });
  const mail = createRoute({
    getParentRoute: () => root,
    path: "/mail",
    validateSearch: only("state", "reason", "text", "sort"),
    component: lazyRouteComponent(() => import("./pages/MailDeskPage.tsx"), "MailDeskPage"),
  });
  const ledger = createRoute({
    getParentRoute: () => root,
    path: "/ledger",
    validateSearch: only("text", "kind", "code", "about", "since", "until", "sort"),
    component: lazyRouteComponent(() => import("./pages/LedgerPage.tsx"), "LedgerPage"),
  });
  const decisions = createRoute({
    getParentRoute: () => root,
    path: "/decisions",
    validateSearch: only("show", "sort"),
    component: lazyRouteComponent(() => import("./pages/DecisionsPage.tsx"), "DecisionsPage"),
  });
  const people = createRoute({
    getParentRoute: () => root,
    path: "/people",
    validateSearch: only("sort"),
    component: lazyRouteComponent(() => import("./pages/PeoplePage.tsx"), "PeoplePage"),
  });
  const routeTree = root.addChildren([
    home,
    mail,
    ledger,
    decisions,
    ...trafficRoutes(root),
    ...recordsRoutes(root),
    ...scopeRoutes(root),
    page("/findings/$id", () => import("./pages/FindingPage.tsx"), "FindingPage"),
    page("/cuts/card", () => import("./pages/CutCardPage.tsx"), "CutCardPage"),
    ...incidentRoutes(root),
    page("/notices", () => import("./pages/NoticesPage.tsx"), "NoticesPage"),
    page("/notices/$name", () => import("./pages/NoticePage.tsx"), "NoticePage"),
    page("/hotline", () => import("./pages/HotlinePage.tsx"), "HotlinePage"),
    page("/replay", () => import("./pages/ReplayPage.tsx"), "ReplayPage"),
    page("/gates", () => import("./pages/GatesPage.tsx"), "GatesPage"),
    page("/mail/$mail", () => import("./pages/MailPage.tsx"), "MailPage"),
    page("/decisions/$id", () => import("./pages/DecisionPage.tsx"), "DecisionPage"),
    page("/ledger/$id", () => import("./pages/EntryPage.tsx"), "EntryPage"),
    people,
    page("/profile", () => import("./pages/ProfilePage.tsx"), "ProfilePage"),
    page("/welcome", () => import("./pages/WelcomePage.tsx"), "WelcomePage"),
  ]);
  return createRouter({
    routeTree,
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: printSearch,
    defaultPreload: false,
    scrollRestoration: true,
    defaultErrorComponent: ({ error, reset }) => <BrokenState error={error} again={reset} />,
  });
}

/** The pages of the outbound gate whose addresses hold a state. */
function trafficRoutes<const Root extends AnyRoute>(root: Root) {
  const traffic = createRoute({
    getParentRoute: () => root,
    path: "/traffic",
    validateSearch: only("hours", "sort"),
    component: lazyRouteComponent(() => import("./pages/TrafficPage.tsx"), "TrafficPage"),
  });
  const host = createRoute({
    getParentRoute: () => root,
    path: "/traffic/hosts/$address",
    validateSearch: only("hours", "sort"),
    component: lazyRouteComponent(() => import("./pages/HostPage.tsx"), "HostPage"),
  });
  const findings = createRoute({
    getParentRoute: () => root,
    path: "/findings",
    validateSearch: only("code", "severity", "host", "hidden", "text", "sort", "show"),
    component: lazyRouteComponent(() => import("./pages/FindingsPage.tsx"), "FindingsPage"),
  });
  const cuts = createRoute({
    getParentRoute: () => root,
    path: "/cuts",
    validateSearch: only("state", "sort"),
    component: lazyRouteComponent(() => import("./pages/CutsPage.tsx"), "CutsPage"),
  });
  return [traffic, host, findings, cuts] as const;
}

/** The pages of the records gate whose addresses hold a state. */
function recordsRoutes<const Root extends AnyRoute>(root: Root) {
  const readers = createRoute({
    getParentRoute: () => root,
    path: "/records",
    validateSearch: only("hours", "sort"),
    component: lazyRouteComponent(() => import("./pages/ReadersPage.tsx"), "ReadersPage"),
  });
  const readings = createRoute({
    getParentRoute: () => root,
    path: "/records/events",
    validateSearch: only("kind", "person", "state", "code", "severity", "text", "sort"),
    component: lazyRouteComponent(() => import("./pages/ReadingsPage.tsx"), "ReadingsPage"),
  });
  const files = createRoute({
    getParentRoute: () => root,
    path: "/records/files",
    validateSearch: only("sort"),
    component: lazyRouteComponent(() => import("./pages/FilesPage.tsx"), "FilesPage"),
  });
  const canaries = createRoute({
    getParentRoute: () => root,
    path: "/records/canaries",
    validateSearch: only("sort"),
    component: lazyRouteComponent(() => import("./pages/CanariesPage.tsx"), "CanariesPage"),
  });
  const page = pagesOf(root);
  return [
    canaries,
    readers,
    readings,
    files,
    page("/records/waiting", () => import("./pages/WaitingPage.tsx"), "WaitingPage"),
    page("/records/waiting/$id", () => import("./pages/ApprovalPage.tsx"), "ApprovalPage"),
    page("/records/events/$id", () => import("./pages/ReadingPage.tsx"), "ReadingPage"),
    page("/records/columns", () => import("./pages/ColumnsPage.tsx"), "ColumnsPage"),
    page("/records/customer", () => import("./pages/CustomerPage.tsx"), "CustomerPage"),
  ] as const;
}

/** The pages of the scope: jobs, one in numbers, and its review. */
function scopeRoutes<const Root extends AnyRoute>(root: Root) {
  const page = pagesOf(root);
  const review = createRoute({
    getParentRoute: () => root,
    path: "/scope/$job/review",
    validateSearch: only("list", "record"),
    component: lazyRouteComponent(() => import("./pages/ScopeReviewPage.tsx"), "ScopeReviewPage"),
  });
  return [
    page("/scope", () => import("./pages/ScopePage.tsx"), "ScopePage"),
    page("/scope/$job", () => import("./pages/ScopeJobPage.tsx"), "ScopeJobPage"),
    review,
  ] as const;
}

/** The incident room and what comes after it. */
function incidentRoutes<const Root extends AnyRoute>(root: Root) {
  const page = pagesOf(root);
  const incident = createRoute({
    getParentRoute: () => root,
    path: "/incidents/$id",
    validateSearch: only("show", "of", "kind", "duty", "partner", "assume", "sort"),
    component: lazyRouteComponent(() => import("./pages/IncidentPage.tsx"), "IncidentPage"),
  });
  const report = createRoute({
    getParentRoute: () => root,
    path: "/incidents/$id/reports/$report",
    validateSearch: only("from"),
    component: lazyRouteComponent(() => import("./pages/ReportPage.tsx"), "ReportPage"),
  });
  return [
    page("/incidents", () => import("./pages/IncidentsPage.tsx"), "IncidentsPage"),
    incident,
    report,
  ] as const;
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
