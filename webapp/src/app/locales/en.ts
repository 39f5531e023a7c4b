import { app } from './en/app';
import { catalogue } from './en/catalogue';
import { compare } from './en/compare';
import { debug } from './en/debug';
import { editor } from './en/editor';
import { graph } from './en/graph';
import { inspector } from './en/inspector';
import { keys } from './en/keys';
import { pictures } from './en/pictures';
import { pipeline } from './en/pipeline';
import { run } from './en/run';
import { settings } from './en/settings';
import { status } from './en/status';
import { task } from './en/task';
import { tasks } from './en/tasks';
import { versions } from './en/versions';

export const en = {
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

export type Words = typeof en;
