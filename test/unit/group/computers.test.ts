/** Guarantee: a computer that is added has a name that the file system tells from the others'. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterFile } from '../../../emulator/cluster/clusterFile.ts';
import { isCode } from '../../../emulator/errors.ts';
import { Computers } from '../../../emulator/group/computers.ts';

test('a computer is not added a second time, however its name is written', () => {
  const cluster = { computers: ['Berlin'], hosts: [] } as unknown as ClusterFile;
  const computers = new Computers(cluster, () => assert.fail('there is no host'));
  for (const name of ['Berlin', 'BERLIN', 'berlin'])
    assert.throws(
      () => computers.addComputer(name),
      (error) => isCode(error, 'group.computerExists') && error.parameters['name'] === 'Berlin',
    );
  computers.addComputer('Bern');
  assert.deepEqual(
    computers.list().map(({ name }) => name),
    ['Berlin', 'Bern'],
  );
});
