import { randomUUID } from "node:crypto";
import { passkey } from "@better-auth/passkey";
import { betterAuth } from "better-auth";
import { twoFactor } from "better-auth/plugins";
import type { StateDatabase } from "../../lib/sql/openState.ts";
import { refusal } from "./problem.ts";

export type AuthConfig = {
  origin: string;
  cookieSecure: boolean;
  organisation: string;
  sessionSecret: string;
};

export const sessionLimits = {
  /** A session ends after this time without a key or pointer touched. */
  idleSeconds: 60 * 60,
  /** And after this time in any case. */
  absoluteSeconds: 12 * 60 * 60,
  /** A decision asks for a second factor that is not older than this. */
  confirmedSeconds: 15 * 60,
  /** A new passkey asks for a sign-in that is not older than this. */
  freshSeconds: 30 * 60,
  renewSeconds: 5 * 60,
} as const;

export const passwordLimits = { charactersMin: 12, charactersMax: 128 } as const;

/** The header in which the station itself says who the client is; what comes from outside is overwritten. */
export const CLIENT_HEADER = "sekisho-client-address";

export type Auth = ReturnType<typeof createAuth>;

/**
 * Sign-in by password with TOTP, or by passkey with user verification. Nobody signs up by herself: people
 * come in by one-time links. Rate limits are in protect.ts, so better-auth's own are off.
 */
export function createAuth(db: StateDatabase, config: AuthConfig, log: (message: string) => void) {
  return betterAuth({
    appName: `Sekisho ${config.organisation}`,
    baseURL: config.origin,
    basePath: "/api/auth",
    trustedOrigins: [config.origin],
    secret: config.sessionSecret,
    database: { db, type: "postgres" },
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    logger: { level: "error", log: (_level, message) => log(message) },
    user: {
      modelName: "person",
      additionalFields: {
        roles: { type: "string", required: true, input: false },
        removedAt: { type: "date", required: false, input: false },
      },
    },
    session: {
      expiresIn: sessionLimits.idleSeconds,
      updateAge: sessionLimits.renewSeconds,
      freshAge: sessionLimits.freshSeconds,
      additionalFields: { confirmedAt: { type: "date", required: false, input: false } },
    },
    databaseHooks: {
      // A session begins with a factor just proven.
      session: { create: { before: async (session) => ({ data: { ...session, confirmedAt: new Date() } }) } },
    },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: passwordLimits.charactersMin,
      maxPasswordLength: passwordLimits.charactersMax,
    },
    plugins: [twoFactor({ issuer: `Sekisho ${config.organisation}` }), passkeys(config)],
    advanced: {
      cookiePrefix: "sekisho",
      useSecureCookies: config.cookieSecure,
      defaultCookieAttributes: { httpOnly: true, sameSite: "strict", secure: config.cookieSecure },
      ipAddress: { ipAddressHeaders: [CLIENT_HEADER] },
      database: { generateId: () => randomUUID() },
    },
  });
}

function passkeys(config: AuthConfig): ReturnType<typeof passkey> {
  return passkey({
    rpID: new URL(config.origin).hostname,
    rpName: `Sekisho ${config.organisation}`,
    origin: config.origin,
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
    // A passkey stands for both factors, so the device must have asked for a finger, a face or a PIN; the
    // plugin itself accepts a mere touch. W3C WebAuthn 3, 6.1: flag UV.
    registration: {
      afterVerification: async ({ verification }) => {
        if (verification.registrationInfo?.userVerified !== true) throw unverified();
      },
    },
    authentication: {
      afterVerification: async ({ verification }) => {
        if (!verification.authenticationInfo.userVerified) throw unverified();
      },
    },
  });
}

function unverified(): Error {
  return refusal(401, "sign-in-refused", "The passkey did not verify its user");
}
