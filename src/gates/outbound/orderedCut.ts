import type { Order } from "../../gateLink.ts";
import { SekishoError } from "../../lib/error.ts";
import { CutAct } from "./cut/cutOrder.ts";
import type { OutboundSettings } from "./settings.ts";

/** What an order of the station means for traffic. Throws usage where it names nothing that can be cut. */
export function cutActOf(order: Order, settings: OutboundSettings): CutAct {
  const wordsOf = (key: string): string[] =>
    (order.about[key] ?? "").split(" ").filter((word) => word !== "");
  const parsed = CutAct.safeParse(
    order.act === "isolate"
      ? { do: "isolate", address: order.about["hostAddress"] }
      : order.act === "block"
        ? { do: "block", addresses: wordsOf("addresses"), names: wordsOf("names") }
        : order.act === "cut-zone"
          ? zoneOf(order.about["zone"] ?? "", settings)
          : { do: order.act },
  );
  if (parsed.success) return parsed.data;
  throw new SekishoError("usage", `Cannot carry out the order ${order.order}: ${order.act}`, {
    hint: "order it anew, naming an address, a host name or a zone of the configuration",
  });
}

function zoneOf(zone: string, settings: OutboundSettings): unknown {
  const networks = settings.cut?.zones.find(({ name }) => name === zone)?.networks;
  return { do: "cut-zone", zone, networks };
}
