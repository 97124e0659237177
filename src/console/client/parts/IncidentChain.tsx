import type { IncidentView } from "../../../station/services.ts";
import { drawChain } from "../drawChain.ts";
import { useWords } from "../language.ts";
import { useWidth } from "../useWidth.ts";
import { EmptyState } from "./States.tsx";

/** Mail, person, host, destination, file: what stands in one finding is joined by a line. */
export function IncidentChain({ incident }: { incident: IncidentView }) {
  const { say } = useWords();
  const [measure, width] = useWidth<HTMLDivElement>();
  if (incident.list.length === 0) return <EmptyState title="room.chain-none" />;
  const drawing = drawChain(incident.list, width);
  return (
    <>
      <p className="soft">{say("room.chain-lead")}</p>
      <div ref={measure} className="chain">
        <svg
          width={drawing.width}
          height={drawing.height}
          role="img"
          aria-label={say("room.tab.chain")}
          viewBox={`0 0 ${drawing.width} ${drawing.height}`}
        >
          {drawing.columns.map(({ kind, x }) => (
            <text key={kind} x={x} y={14} className="chain-head">
              {say(`incident.key.${kind}`)}
            </text>
          ))}
          {drawing.lines.map(({ key, path, findings }) => (
            <path
              key={key}
              d={path}
              className="chain-line"
              strokeWidth={Math.min(6, 1 + Math.log2(findings))}
            />
          ))}
          {drawing.nodes.map(({ key, x, y, label, whole, findings }) => (
            <g key={key}>
              <title>{`${whole} · ${findings}`}</title>
              <circle cx={x} cy={y} r={4} className="chain-node" />
              <text x={x + 10} y={y + 4} className="chain-label">
                {label}
              </text>
            </g>
          ))}
        </svg>
      </div>
      {drawing.left === 0 ? null : <p className="soft">{say("room.chain-more", { count: drawing.left })}</p>}
    </>
  );
}
