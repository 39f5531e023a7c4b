import type { Words } from './en';
import { app } from './fr/app';
import { catalogue } from './fr/catalogue';
import { compare } from './fr/compare';
import { debug } from './fr/debug';
import { editor } from './fr/editor';
import { graph } from './fr/graph';
import { inspector } from './fr/inspector';
import { keys } from './fr/keys';
import { pictures } from './fr/pictures';
import { pipeline } from './fr/pipeline';
import { run } from './fr/run';
import { settings } from './fr/settings';
import { status } from './fr/status';
import { task } from './fr/task';
import { tasks } from './fr/tasks';
import { versions } from './fr/versions';

export const fr: Words = {
  ...app,
  ...catalogue,
  ...graph,
  ...pipeline,
  ...run,
  ...task,
  ...tasks,
  ...status,
  ...editor,
  ...inspector,
  ...versions,
  ...settings,
  ...keys,
  ...pictures,
  ...debug,
  ...compare,
};
