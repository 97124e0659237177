import type { Role } from "../services.ts";

/**
 * Who may what. One table, so that an auditor can read it. The auditor reads everything that is impersonal;
 * the content of a held mail is personal data and is for those who judge it.
 */
export const PERMISSIONS = {
  "gates.view": ["operator", "analyst", "approver", "privacy-officer", "administrator", "auditor"],
  "mail.list": ["operator", "analyst", "approver", "privacy-officer", "administrator", "auditor"],
  "mail.open": ["operator", "analyst", "approver", "privacy-officer", "administrator"],
  "mail.export": ["analyst", "privacy-officer"],
  "traffic.view": ["operator", "analyst", "approver", "privacy-officer", "administrator", "auditor"],
  "finding.open": ["operator", "analyst", "approver", "privacy-officer", "administrator", "auditor"],
  "cut.order": ["approver", "administrator"],
  "records.view": ["operator", "analyst", "approver", "privacy-officer", "administrator", "auditor"],
  "records.open": ["analyst", "approver", "privacy-officer", "administrator"],
  "records.customer": ["analyst", "privacy-officer"],
  "scope.view": ["operator", "analyst", "approver", "privacy-officer", "administrator", "auditor"],
  "scope.open": ["analyst", "privacy-officer"],
  "scope.decide": ["analyst", "privacy-officer"],
  "scope.hand-over": ["privacy-officer"],
  "decision.view": ["operator", "analyst", "approver", "privacy-officer", "administrator", "auditor"],
  "decision.answer": ["approver", "privacy-officer", "administrator"],
  "incident.view": ["operator", "analyst", "approver", "privacy-officer", "administrator", "auditor"],
  "incident.change": ["analyst", "approver", "privacy-officer", "administrator"],
  "incident.settle": ["approver", "privacy-officer", "administrator"],
  "report.view": ["operator", "analyst", "approver", "privacy-officer", "administrator", "auditor"],
  "report.draft": ["analyst", "approver", "privacy-officer", "administrator"],
  "report.release": ["approver", "privacy-officer", "administrator"],
  "notice.view": ["operator", "analyst", "approver", "privacy-officer", "administrator", "auditor"],
  "notice.prepare": ["privacy-officer", "administrator"],
  "notice.release": ["approver", "privacy-officer", "administrator"],
  "hotline.use": ["operator", "analyst", "approver", "privacy-officer", "administrator"],
  "ledger.read": ["operator", "analyst", "approver", "privacy-officer", "administrator", "auditor"],
  "ledger.verify": ["analyst", "approver", "privacy-officer", "administrator", "auditor"],
  "people.view": ["administrator", "auditor", "privacy-officer"],
  "people.change": ["administrator"],
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof PERMISSIONS;

/** Whether any of these roles gives the permission. */
export function mayDo(roles: readonly Role[], permission: Permission): boolean {
  const allowed: readonly Role[] = PERMISSIONS[permission];
  return roles.some((role) => allowed.includes(role));
}

/** All that these roles may do, for the pages to hide what would be refused. */
export function permissionsOf(roles: readonly Role[]): Permission[] {
  return (Object.keys(PERMISSIONS) as Permission[]).filter((permission) => mayDo(roles, permission));
}
