/** Dynamic code: the words that it has, and which fields it sets, as far as that can be read without running it. */

const FUNCTIONS =
  'abs all any bin bool bytes chr dict divmod enumerate filter float format frozenset hash hex int isinstance iter ' +
  'len list map max min next oct ord pow range repr reversed round set slice sorted str sum tuple type zip';

const MATH =
  'acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees dist e erf erfc exp exp2 expm1 ' +
  'fabs factorial floor fmod frexp fsum gamma gcd hypot inf isclose isfinite isinf isnan isqrt lcm ldexp lgamma log ' +
  'log10 log1p log2 modf nan nextafter perm pi pow prod radians remainder sin sinh sqrt tan tanh tau trunc ulp';

const RE =
  'A ASCII DOTALL I IGNORECASE M MULTILINE NOFLAG S compile error escape findall finditer fullmatch match search ' +
  'split sub';

const KEYWORDS = 'and def elif else for if in is lambda not or pass raise return try while True False None';

/** The fields of a node, as code and paths see them. */
export const NODE_FIELDS = ['out', 'input', 'params', 'id', 'type', 'finished'] as const;

/** The words of the language itself with what they are; the same list as the engine's. */
export const LANGUAGE_WORDS: readonly (readonly [string, string])[] = [
  ...FUNCTIONS.split(' ').map((word) => [word, 'function'] as const),
  ...Object.entries({ json: 'JSONDecodeError dumps loads', math: MATH, re: RE }).flatMap(
    ([module, words]) => [
      [module, 'module'] as const,
      ...words.split(' ').map((word) => [`${module}.${word}`, module] as const),
    ],
  ),
  ...KEYWORDS.split(' ').map((word) => [word, 'keyword'] as const),
];

/** Whether an id is a name in code. */
export function isName(id: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(id);
}

export interface Assigned {
  /** Code gives the whole value anew, so that what was there before is gone. */
  whole: boolean;
  names: string[];
}

/** Which fields of `target`, such as `node.out`, code sets: `node.out.a = 1`, `node.out['a'] = 1`, `node.out = {'a': 1}`. */
export function assigned(code: string, target: string): Assigned {
  const start = target.replaceAll('.', String.raw`\.`);
  const names = [
    ...matches(code, new RegExp(String.raw`(?<![\w.])${start}\.([A-Za-z_]\w*)\s*[-+*/]?=(?!=)`, 'g'), 1),
    ...matches(code, new RegExp(String.raw`(?<![\w.])${start}\[(['"])(.+?)\1\]\s*[-+*/]?=(?!=)`, 'g'), 2),
  ];
  const whole = [...code.matchAll(new RegExp(String.raw`(?<![\w.])${start}\s*=(?!=)\s*`, 'g'))];
  const literals = whole.flatMap((found) => keysOfLiteral(code, found.index + found[0].length));
  return { whole: whole.length > 0, names: [...new Set([...literals, ...names])] };
}

function matches(code: string, pattern: RegExp, group: number): string[] {
  return [...code.matchAll(pattern)].map((found) => found[group] ?? '');
}

/** The keys of the dict that is written at a place; none where there is no dict. */
function keysOfLiteral(code: string, from: number): string[] {
  if (code[from] !== '{') return [];
  const keys: string[] = [];
  const token = /(['"])((?:\\.|(?!\1).)*)\1(\s*:)?|[[({]|[\])}]/g;
  token.lastIndex = from;
  let depth = 0;
  for (let found = token.exec(code); found; found = token.exec(code)) {
    const [text] = found;
    if ('[({'.includes(text)) depth += 1;
    else if ('])}'.includes(text)) depth -= 1;
    else if (depth === 1 && found[3] !== undefined) keys.push(found[2] ?? '');
    if (depth === 0) break;
  }
  return keys;
}
