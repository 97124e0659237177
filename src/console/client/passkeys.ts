import type { ApprovalChallenge, Assertion } from "../../station/services.ts";
import { getAuth, postAuth } from "./api.ts";

/** Whether this browser can keep or use passkeys here; an address without a name cannot have any. */
export function passkeysWork(): boolean {
  const { PublicKeyCredential } = window;
  return typeof PublicKeyCredential?.parseRequestOptionsFromJSON === "function" && isSecureContext;
}

/** Proves who one is with a passkey of this device. W3C WebAuthn 3, 7.2. */
export async function provePasskey(): Promise<void> {
  const options = await getAuth<PublicKeyCredentialRequestOptionsJSON>(
    "/passkey/generate-authenticate-options",
  );
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const credential = await navigator.credentials.get({ publicKey });
  if (!(credential instanceof PublicKeyCredential)) throw new DOMException("no passkey", "NotAllowedError");
  await postAuth("/passkey/verify-authentication", { response: credential.toJSON() });
}

/** Signs a challenge of the station with a passkey of this device, after the device has verified its user. */
export async function signChallenge(options: ApprovalChallenge["publicKey"]): Promise<Assertion> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    options as PublicKeyCredentialRequestOptionsJSON,
  );
  const credential = await navigator.credentials.get({ publicKey });
  if (!(credential instanceof PublicKeyCredential)) throw new DOMException("no passkey", "NotAllowedError");
  return credential.toJSON() as Assertion;
}

/** Makes a passkey on this device. W3C WebAuthn 3, 7.1. */
export async function addPasskey(name: string): Promise<void> {
  const options = await getAuth<PublicKeyCredentialCreationOptionsJSON>("/passkey/generate-register-options");
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const credential = await navigator.credentials.create({ publicKey });
  if (!(credential instanceof PublicKeyCredential)) throw new DOMException("no passkey", "NotAllowedError");
  await postAuth("/passkey/verify-registration", { response: credential.toJSON(), name });
}
