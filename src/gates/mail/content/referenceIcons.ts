import type { SeenFile } from "../seen.ts";
import type { Picture } from "./bitmap.ts";
import { hammingDistance, impressionOf, type Impression } from "./perceptualHash.ts";

export type IconLook = NonNullable<SeenFile["icon"]>["looksLike"];

type Color = readonly [red: number, green: number, blue: number];
type Point = readonly [x: number, y: number];
type Shape = { points: readonly Point[]; color: Color };

const paper: Color = [250, 250, 250];
const edge: Color = [150, 150, 150];

/** The icons that people take for documents and folders, drawn by code: shapes on a square of side 1. */
export const REFERENCE_ICONS: { looksLike: IconLook; name: string; shapes: Shape[] }[] = [
  { looksLike: "folder", name: "flat folder", shapes: flatFolder() },
  { looksLike: "folder", name: "glossy folder", shapes: glossyFolder() },
  { looksLike: "folder", name: "standing open folder", shapes: openFolder() },
  { looksLike: "folder", name: "two-tone folder", shapes: twoToneFolder() },
  { looksLike: "pdf", name: "page with red band", shapes: pageWithBand([214, 32, 32], 0.5) },
  { looksLike: "pdf", name: "page with red head", shapes: pageWithBand([200, 30, 30], 0.12) },
  { looksLike: "pdf", name: "red tile with curl", shapes: redTile() },
  { looksLike: "word", name: "blue tile on page", shapes: tileOnPage([43, 87, 154], "word") },
  { looksLike: "word", name: "blue tile before page", shapes: tileBeforePage([24, 90, 189], "word") },
  { looksLike: "word", name: "page with blue letter", shapes: pageWithLetter([42, 86, 153], "word") },
  { looksLike: "excel", name: "green tile on page", shapes: tileOnPage([33, 115, 70], "excel") },
  { looksLike: "excel", name: "green tile before page", shapes: tileBeforePage([16, 124, 65], "excel") },
  { looksLike: "excel", name: "page with green letter", shapes: pageWithLetter([32, 114, 69], "excel") },
  { looksLike: "text", name: "page of lines", shapes: pageOfLines() },
];

/** Small icons lose their fine lines, so the references are drawn in the sizes that icons come in. */
const drawnSides = [24, 32, 48, 96];
let impressions: { looksLike: IconLook; impression: Impression }[] | null = null;

/** What an icon looks like, and how far it is from the nearest reference. Null where it looks like none. */
export function likenessOf(
  picture: Picture,
  distanceMax = 20,
): { looksLike: IconLook; distance: number } | null {
  const seen = impressionOf(picture);
  if (seen === null) return null;
  let best: { looksLike: IconLook; distance: number } | null = null;
  for (const { looksLike, impression } of referenceImpressions()) {
    // The same outline in another colour is another thing: a blue folder-like box is some application's own.
    if (impression.color !== seen.color || Math.abs(Math.log(impression.ratio / seen.ratio)) > 0.2) continue;
    const distance = hammingDistance(impression.hash, seen.hash);
    if (distance <= distanceMax && (best === null || distance < best.distance))
      best = { looksLike, distance };
  }
  return best;
}

/** The references as they are compared; drawn once per process. */
export function referenceImpressions(): { looksLike: IconLook; impression: Impression }[] {
  impressions ??= REFERENCE_ICONS.flatMap(({ looksLike, shapes }) => {
    return drawnSides.flatMap((side) => {
      const impression = impressionOf(drawShapes(shapes, side));
      return impression === null ? [] : [{ looksLike, impression }];
    });
  });
  return impressions;
}

/** Draws shapes one over the other; what no shape covers stays transparent. */
export function drawShapes(shapes: readonly Shape[], side: number): Picture {
  const pixels = new Uint8Array(side * side * 4);
  for (const { points, color } of shapes) {
    for (let y = 0; y < side; y += 1) {
      const crossings = crossingsAt(points, (y + 0.5) / side);
      for (let index = 0; index + 1 < crossings.length; index += 2) {
        const from = Math.max(0, Math.round((crossings[index] as number) * side));
        const to = Math.min(side, Math.round((crossings[index + 1] as number) * side));
        for (let x = from; x < to; x += 1) pixels.set([...color, 255], (y * side + x) * 4);
      }
    }
  }
  return { width: side, height: side, pixels };
}

function crossingsAt(points: readonly Point[], y: number): number[] {
  const crossings: number[] = [];
  for (const [index, [x1, y1]] of points.entries()) {
    const [x2, y2] = points[(index + 1) % points.length] as Point;
    if (y1 <= y === y2 <= y) continue;
    crossings.push(x1 + ((y - y1) * (x2 - x1)) / (y2 - y1));
  }
  return crossings.sort((left, right) => left - right);
}

function box(left: number, top: number, right: number, bottom: number, color: Color): Shape {
  return {
    points: [
      [left, top],
      [right, top],
      [right, bottom],
      [left, bottom],
    ],
    color,
  };
}

function flatFolder(): Shape[] {
  return [
    {
      points: [
        [0.04, 0.16],
        [0.38, 0.16],
        [0.46, 0.25],
        [0.96, 0.25],
        [0.96, 0.86],
        [0.04, 0.86],
      ],
      color: [226, 165, 40],
    },
    box(0.04, 0.34, 0.96, 0.86, [255, 216, 105]),
  ];
}

function twoToneFolder(): Shape[] {
  return [
    {
      points: [
        [0.03, 0.14],
        [0.36, 0.14],
        [0.43, 0.22],
        [0.97, 0.22],
        [0.97, 0.6],
        [0.03, 0.6],
      ],
      color: [234, 173, 37],
    },
    box(0.08, 0.26, 0.92, 0.5, [250, 250, 245]),
    {
      points: [
        [0.03, 0.34],
        [0.4, 0.34],
        [0.46, 0.28],
        [0.97, 0.28],
        [0.97, 0.88],
        [0.03, 0.88],
      ],
      color: [252, 205, 80],
    },
  ];
}

function glossyFolder(): Shape[] {
  return [
    {
      points: [
        [0.06, 0.2],
        [0.1, 0.14],
        [0.4, 0.14],
        [0.45, 0.22],
        [0.94, 0.22],
        [0.94, 0.84],
        [0.06, 0.84],
      ],
      color: [240, 200, 92],
    },
    {
      points: [
        [0.06, 0.3],
        [0.94, 0.3],
        [0.94, 0.84],
        [0.06, 0.84],
      ],
      color: [252, 226, 130],
    },
    {
      points: [
        [0.06, 0.3],
        [0.94, 0.3],
        [0.94, 0.38],
        [0.06, 0.38],
      ],
      color: [255, 244, 190],
    },
    {
      points: [
        [0.06, 0.78],
        [0.94, 0.78],
        [0.94, 0.84],
        [0.06, 0.84],
      ],
      color: [214, 166, 58],
    },
  ];
}

function openFolder(): Shape[] {
  return [
    {
      points: [
        [0.2, 0.06],
        [0.62, 0.02],
        [0.66, 0.1],
        [0.86, 0.08],
        [0.86, 0.84],
        [0.2, 0.92],
      ],
      color: [236, 196, 94],
    },
    {
      points: [
        [0.26, 0.14],
        [0.8, 0.1],
        [0.8, 0.8],
        [0.26, 0.86],
      ],
      color: [250, 250, 250],
    },
    {
      points: [
        [0.14, 0.2],
        [0.6, 0.14],
        [0.66, 0.9],
        [0.2, 0.98],
      ],
      color: [250, 220, 130],
    },
  ];
}

function page(left: number, right: number): Shape[] {
  const fold = 0.2;
  return [
    {
      points: [
        [left, 0.02],
        [right - fold, 0.02],
        [right, 0.02 + fold],
        [right, 0.98],
        [left, 0.98],
      ],
      color: edge,
    },
    {
      points: [
        [left + 0.03, 0.05],
        [right - fold, 0.05],
        [right - 0.03, 0.04 + fold],
        [right - 0.03, 0.95],
        [left + 0.03, 0.95],
      ],
      color: paper,
    },
    {
      points: [
        [right - fold, 0.03],
        [right, 0.03 + fold],
        [right - fold, 0.03 + fold],
      ],
      color: [210, 210, 210],
    },
  ];
}

function lines(left: number, right: number, from: number, to: number): Shape[] {
  const count = Math.round((to - from) / 0.1);
  return Array.from({ length: count }, (_, index) =>
    box(left, from + index * 0.1, right, from + index * 0.1 + 0.04, edge),
  );
}

function pageOfLines(): Shape[] {
  return [...page(0.12, 0.88), ...lines(0.22, 0.78, 0.28, 0.9)];
}

/** "PDF" in white letters, as strokes. */
function letters(left: number, top: number, width: number, height: number): Shape[] {
  const white: Color = [255, 255, 255];
  const step = width / 3;
  return [0, 1, 2].flatMap((index) => {
    const x = left + index * step;
    const stroke = step * 0.22;
    const shapes = [
      box(x, top, x + stroke, top + height, white),
      box(x, top, x + step * 0.75, top + height * 0.2, white),
    ];
    if (index < 2)
      shapes.push(box(x + step * 0.55, top, x + step * 0.75, top + height * (index === 0 ? 0.55 : 1), white));
    shapes.push(box(x, top + height * 0.4, x + step * 0.7, top + height * 0.58, white));
    return shapes;
  });
}

function pageWithBand(color: Color, top: number): Shape[] {
  return [
    ...page(0.12, 0.88),
    box(0.06, top, 0.94, top + 0.3, color),
    ...letters(0.18, top + 0.06, 0.68, 0.18),
  ];
}

function redTile(): Shape[] {
  const white: Color = [255, 255, 255];
  return [
    box(0.03, 0.03, 0.97, 0.97, [192, 18, 12]),
    {
      points: [
        [0.46, 0.16],
        [0.56, 0.16],
        [0.58, 0.4],
        [0.84, 0.62],
        [0.82, 0.7],
        [0.52, 0.58],
        [0.2, 0.84],
        [0.14, 0.78],
        [0.44, 0.5],
      ],
      color: white,
    },
    {
      points: [
        [0.5, 0.44],
        [0.62, 0.56],
        [0.42, 0.6],
      ],
      color: [192, 18, 12],
    },
  ];
}

function letterOn(
  left: number,
  top: number,
  side: number,
  place: { letter: "word" | "excel"; color: Color },
): Shape[] {
  const at = ([x, y]: Point): Point => [left + x * side, top + y * side];
  const strokes: Point[][] =
    place.letter === "word"
      ? [
          [
            [0.12, 0.22],
            [0.26, 0.22],
            [0.36, 0.8],
            [0.24, 0.8],
          ],
          [
            [0.45, 0.22],
            [0.55, 0.22],
            [0.38, 0.8],
            [0.28, 0.8],
          ],
          [
            [0.45, 0.22],
            [0.55, 0.22],
            [0.74, 0.8],
            [0.64, 0.8],
          ],
          [
            [0.76, 0.22],
            [0.9, 0.22],
            [0.78, 0.8],
            [0.66, 0.8],
          ],
        ]
      : [
          [
            [0.18, 0.2],
            [0.36, 0.2],
            [0.84, 0.8],
            [0.66, 0.8],
          ],
          [
            [0.64, 0.2],
            [0.82, 0.2],
            [0.36, 0.8],
            [0.18, 0.8],
          ],
        ];
  return strokes.map((points) => ({ points: points.map(at), color: place.color }));
}

function tileOnPage(color: Color, letter: "word" | "excel"): Shape[] {
  return [
    ...page(0.28, 0.98),
    ...lines(0.64, 0.92, 0.3, 0.85),
    box(0.02, 0.22, 0.6, 0.8, color),
    ...letterOn(0.02, 0.22, 0.58, { letter, color: [255, 255, 255] }),
  ];
}

function tileBeforePage(color: Color, letter: "word" | "excel"): Shape[] {
  const tint = (share: number): Color => [
    Math.round(color[0] + (255 - color[0]) * share),
    Math.round(color[1] + (255 - color[1]) * share),
    Math.round(color[2] + (255 - color[2]) * share),
  ];
  return [
    box(0.24, 0.04, 0.98, 0.27, tint(0.45)),
    box(0.24, 0.27, 0.98, 0.5, tint(0.25)),
    box(0.24, 0.5, 0.98, 0.73, tint(0.1)),
    box(0.24, 0.73, 0.98, 0.96, color),
    box(0.02, 0.25, 0.54, 0.77, tint(0)),
    ...letterOn(0.02, 0.25, 0.52, { letter, color: [255, 255, 255] }),
  ];
}

function pageWithLetter(color: Color, letter: "word" | "excel"): Shape[] {
  return [...page(0.1, 0.9), ...letterOn(0.16, 0.2, 0.68, { letter, color })];
}
