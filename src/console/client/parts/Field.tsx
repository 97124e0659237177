type FieldProps = {
  id: string;
  label: string;
  value: string;
  onChange: (value: string) => void;
  complete: "name" | "username" | "new-password" | "current-password" | "off";
};

const TYPES = { username: "email", "new-password": "password", "current-password": "password" } as const;

/** A labelled field whose kind follows from what the browser may fill in. */
export function Field({ id, label, value, onChange, complete }: FieldProps) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="input"
        type={complete in TYPES ? TYPES[complete as keyof typeof TYPES] : "text"}
        autoComplete={complete}
        required
        maxLength={200}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}
