import { Link } from "@tanstack/react-router";
import { isAddress } from "../hosts.ts";

/** A host of ours by its name, leading to its page where its address is known. */
export function HostName({ name, address }: { name: string; address?: string }) {
  const known = address ?? name;
  if (!isAddress(known)) return <>{name}</>;
  return (
    <Link to="/traffic/hosts/$address" params={{ address: known }} search={{}}>
      {name === "" ? known : name}
    </Link>
  );
}
