import { ROLES, type Role } from "../../../station/services.ts";
import { useWords } from "../language.ts";

/** Roles to give, each with what it allows. */
export function RoleChoices({ roles, onChange }: { roles: Role[]; onChange: (roles: Role[]) => void }) {
  const { say } = useWords();
  return (
    <fieldset style={{ border: 0, margin: 0, padding: 0 }}>
      <legend className="label">{say("people.roles")}</legend>
      {ROLES.map((role) => (
        <label key={role} className="check">
          <input
            type="checkbox"
            name={role}
            checked={roles.includes(role)}
            onChange={(event) => {
              const others = roles.filter((each) => each !== role);
              onChange(event.target.checked ? [...others, role] : others);
            }}
          />
          <strong>{say(`role.${role}`)}</strong>
          <span>{say(`role-may.${role}`)}</span>
        </label>
      ))}
    </fieldset>
  );
}
