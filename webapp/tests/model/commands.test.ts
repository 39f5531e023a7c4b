import { execFileSync } from 'node:child_process';

import { describe, expect, it } from 'vitest';

import { commandsOf } from '../../src/model/commands';
import type { Json } from '../../src/model/definition';
import { type Draft, fieldsOf, initial } from '../../src/model/form';

const made = (body: Json, drafts: Record<string, Draft> = {}, url = 'http://x/', asksForKey = false) => {
  const fields = fieldsOf(body);
  const all = Object.fromEntries(fields.map((field) => [field.name, drafts[field.name] ?? initial(field)]));
  const [curl, python, aim] = commandsOf('face-blur', fields, all, { url, asksForKey }).map(
    (each) => each.text,
  );
  return { curl: curl ?? '', python: python ?? '', aim: aim ?? '' };
};
const file = (name: string, type = 'image/jpeg'): File => new File(['x'], name, { type });

describe('a submission as a command', () => {
  it('is a form for files', () => {
    const { curl, python, aim } = made(['image'], { image: file("my photo's.jpg") });
    expect(curl).toBe(
      String.raw`curl -H 'Prefer: wait=30' -F 'image=@my photo'\''s.jpg' http://x/services/face-blur`,
    );
    expect(python).toContain(`"image": open("my photo's.jpg", "rb"),`);
    expect(aim).toBe(String.raw`aim run face-blur 'image=@my photo'\''s.jpg' --engine http://x`);
  });

  it('names a file that is not chosen yet by its field', () => {
    const { curl, python, aim } = made(['image'], {}, 'http://127.0.0.1:8080/');
    expect(curl).toContain('-F image=@image.file ');
    expect(python).toContain('open("image.file", "rb")');
    expect(aim).toBe('aim run face-blur image=@image.file');
  });

  it('sends JSON in a part of its own, whatever signs are in it', () => {
    const { curl, python, aim } = made(['image', 'areas'], {
      image: file('a.jpg'),
      areas: JSON.stringify({ areas: ['a;\\b"'] }),
    });
    expect(curl).toContain(String.raw`-F 'areas="{\"areas\":[\"a;\\\\b\\\"\"]}";type=application/json'`);
    expect(python).toMatch(/^import json\n/);
    expect(python).toContain(
      String.raw`"areas": (None, json.dumps({"areas": ["a;\\b\""]}), "application/json"),`,
    );
    expect(aim).toContain(String.raw`'areas={"areas":["a;\\b\""]}'`);
  });

  it('quotes names that curl would split, and says what a JSON file is', () => {
    expect(made(['image'], { image: file('a;b.jpg') }).curl).toContain(`-F 'image=@"a;b.jpg"'`);
    expect(made(['areas'], { areas: file('a.json', 'application/json') }).curl).toContain(
      `-F 'areas=@a.json;type=application/json'`,
    );
  });

  it('is JSON for values, with what was entered, and the example where that is wrong', () => {
    const body = { ok: true, none: null, list: [false, 'true'], n: 1.5 };
    const { curl, python, aim } = made(body, { n: 'many', ok: false });
    expect(curl).toContain(`-d '{"ok":false,"none":null,"list":[false,"true"],"n":1.5}'`);
    expect(python).toContain('body = {"ok": False, "none": None, "list": [False, "true"], "n": 1.5}');
    expect(aim).toContain(`--input '{"ok":false,"none":null,"list":[false,"true"],"n":1.5}'`);
  });

  it('shows a key where the engine asks for one, and never what it is', () => {
    const { curl, python, aim } = made({ n: 1 }, {}, 'http://x/', true);
    expect(curl).toContain('curl -H "Authorization: Bearer $AIM_KEY" ');
    expect(python).toMatch(/^import os\n/);
    expect(python).toContain('"Authorization": f"Bearer {os.environ[\'AIM_KEY\']}"');
    expect(aim).not.toContain('KEY'); // it takes it from there by itself
    execFileSync('python3', ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], { input: python });
  });

  it('is Python that can be read', () => {
    for (const body of [{ ok: true, none: null, text: 'a "b" \\ é\n' }, ['image', 'areas'], {}] as Json[]) {
      const { python } = made(body, { areas: '[[1, 2, 3, 4]]' });
      execFileSync('python3', ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], { input: python });
    }
  });
});
