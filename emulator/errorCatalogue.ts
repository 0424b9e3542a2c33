import { messageBoxErrors } from './messageBoxErrors.ts';
import { messageErrors } from './messageErrors.ts';

/**
 * Every error a user can meet: the sentence and the next step, in English with `{placeholders}`, and whether trying again can help. The
 * translations are keyed by these texts (l10n/). Codes are public: scripts test them.
 */
interface CatalogueEntry {
  readonly message: string;
  readonly next: string;
  /**
   * True when the same, unchanged, can succeed later: what stood in the way passes by itself, or lies outside (a connection, a network, a
   * disk). False when it would fail in the same way until somebody changes the request, a file or a setting. What retries asks this, never
   * a list of codes.
   */
  readonly retry: boolean;
}

export const catalogue = {
  unexpected: {
    message: 'Something unexpected happened: {message}',
    next: 'Look at the log; if it happens again, report it with the output of the command "Copy Diagnostics".',
    retry: true,
  },
  'usage.unknownCommand': {
    message: 'There is no command "{command}".',
    next: 'Run "scaled-out-hosts --help" for the list of commands.',
    retry: false,
  },
  'usage.unknownOption': {
    message: 'There is no option "{option}" for "{command}".',
    next: 'Run "scaled-out-hosts {command} --help" for the options of this command.',
    retry: false,
  },
  'usage.badValue': {
    message: 'The option "{option}" needs {expected}, found "{found}".',
    next: 'Run "scaled-out-hosts {command} --help" for the options of this command.',
    retry: false,
  },
  'usage.tooMany': {
    message: 'The command "{command}" does not take "{found}".',
    next: 'Run "scaled-out-hosts {command} --help".',
    retry: false,
  },
  'usage.missingArgument': {
    message: 'The command "{command}" needs {argument}.',
    next: 'Run "scaled-out-hosts {command} --help".',
    retry: false,
  },

  'clusterFile.unreadable': {
    message: 'Cannot read {file}: {reason}',
    next: 'Check the path, or run "scaled-out-hosts start" without a file to start the sample group.',
    retry: false,
  },
  'clusterFile.notStartable': {
    message:
      'Orchestration "{orchestration}" starts "{started}", which the group file does not have, so nobody would subscribe to its start.',
    next: 'Add {started} to orchestrations, with its module and the host that runs it.',
    retry: false,
  },
  'clusterFile.notJson': {
    message: '{file} is not valid JSON: {reason}',
    next: 'Correct the file at line {line}, column {column}.',
    retry: false,
  },
  'clusterFile.invalid': {
    message: '{file}: {path}: expected {expected}, found {found}.',
    next: 'Correct the value at line {line}, column {column}.',
    retry: false,
  },
  'clusterFile.unknownName': { message: '{file}: {path}: there is no {kind} "{name}".', next: 'Use one of: {known}.', retry: false },
  'clusterFile.unknownMember': {
    message: '{file}: {path}: there is no setting "{name}" here.',
    next: 'Use one of: {known}.',
    retry: false,
  },
  'clusterFile.folderTwice': {
    message:
      '{file}: {path}: "{name}" takes files from the same folder {folder} as "{other}", so each file would go to one of them by chance.',
    next: 'Give each a folder of its own, or masks that no file name fits both.',
    retry: false,
  },
  'clusterFile.portTwice': {
    message: '{file}: {path}: "{name}" cannot listen on port {port}, because "{other}" does.',
    next: 'Choose another port, or 0 for any free one.',
    retry: false,
  },
  'clusterFile.mixedPort': {
    message: '{file}: {path}: receive port "{port}" would be one-way and two-way at once: "{name}" is not like "{other}".',
    next: 'Make all receive locations of a receive port one-way, or all two-way.',
    retry: false,
  },
  'clusterFile.sameMembers': {
    message: '{file}: {path}: bodies of "{name}" have the same members as those of "{other}", so one of the two is never recognised.',
    next: 'Name a member that only one of them has.',
    retry: false,
  },
  'clusterFile.wrongBinding': {
    message: '{file}: {path}: "{port}" of orchestration "{orchestration}" is {expected}, but "{name}" is {found}.',
    next: 'Bind a receive port to a receivePort and a send port to a sendPort, or make it direct.',
    retry: false,
  },
  'clusterFile.notNotified': {
    message: '{file}: {path}: "{port}" of orchestration "{orchestration}" has delivery notification, but is bound to no send port.',
    next: 'Bind it to a sendPort, or declare the port without deliveryNotification.',
    retry: false,
  },
  'clusterFile.otherWay': {
    message: '{file}: {path}: "{port}" of orchestration "{orchestration}" is {expected}, but {kind} "{name}" is {found}.',
    next: 'Make both two-way (requestResponsePort or solicitResponsePort, and "twoWay": true), or both one-way. FILE is one-way.',
    retry: false,
  },
  'clusterFile.convoyAcrossPorts': {
    message:
      '{file}: {path}: "{follower}" of orchestration "{orchestration}" follows "{start}" with messages of its type from the same place, so both are a sequential convoy, but they are on two ports, "{port}" and "{other}" (BizTalk Server, "Sequential Convoys").',
    next: 'Let both Receives use one port of the orchestration, or bind the two ports to different receive ports.',
    retry: false,
  },
  'clusterFile.duplicate': {
    message: '{file}: {path}: the {kind} "{name}" is there twice.',
    next: 'Give each {kind} a name of its own.',
    retry: false,
  },
  'clusterFile.onlyCase': {
    message: '{file}: {path}: the {kind} "{name}" differs from "{other}" only in capital and small letters.',
    next: 'Give each {kind} a name of its own: they name files too.',
    retry: false,
  },
  'clusterFile.thresholds': {
    message: '{file}: {path}: the minimal threshold, {min} ms, is above the maximal one, {max} ms.',
    next: 'Set minThresholdMs and maxThresholdMs, the first not above the second. What is not set has the value of the profile.',
    retry: false,
  },
  'clusterFile.instanceTwice': {
    message: '{file}: {path}: computer "{computer}" already has an instance of host "{host}".',
    next: 'A computer runs at most one instance of a host. Put the second instance on another computer.',
    retry: false,
  },

  'run.empty': {
    message: 'There is no run to look at: nothing has been recorded yet.',
    next: 'Start the group and submit a message.',
    retry: false,
  },
  'run.past': {
    message: 'You are looking at the past, which cannot be changed.',
    next: 'Go back to now, then do it again.',
    retry: false,
  },
  'run.unreadable': { message: 'Cannot read the run {file}: {reason}', next: 'Export the run again.', retry: false },
  'run.version': {
    message: 'The run {file} was written by another version of Scaled-Out Hosts (format {found}, known is {known}).',
    next: 'Open it with the version that wrote it, or update this one.',
    retry: false,
  },
  'run.tooLarge': { message: 'The run {file} is too large to be opened: {size}.', next: 'Export a shorter run.', retry: false },
  'run.notWritten': {
    message: 'Cannot write the run to {file}: {reason}',
    next: 'Choose another folder, or make room on the disk.',
    retry: false,
  },

  'group.notRunning': { message: 'No group is running in {folder}.', next: 'Start one with "scaled-out-hosts start".', retry: false },
  'group.alreadyRunning': {
    message: 'A group is already running in {folder} (supervisor process {pid}).',
    next: 'Use it as it is, or stop it with "scaled-out-hosts stop".',
    retry: false,
  },
  'group.elsewhere': {
    message: 'The group in {folder} runs on another computer or in another container ("{computer}", supervisor process {pid}).',
    next: 'Use it there. If it is gone, start the group here: when the other one gives no sign of life for some seconds, it is taken over.',
    retry: false,
  },
  'group.startFailed': { message: 'The group did not start: {reason}', next: 'Look at the log in {folder}.', retry: false },
  'group.unknownHostInstance': { message: 'There is no host instance "{name}".', next: 'Use one of: {known}.', retry: false },
  'group.unknownHost': { message: 'There is no host "{name}".', next: 'Use one of: {known}.', retry: false },
  'group.unknownComputer': { message: 'There is no computer "{name}".', next: 'Use one of: {known}.', retry: false },
  'group.computerExists': { message: 'There is already a computer "{name}".', next: 'Choose another name.', retry: false },
  'group.computerFailed': {
    message: 'Computer "{name}" has failed, so nothing can start on it.',
    next: 'Repair it first: "scaled-out-hosts repair-computer {name}".',
    retry: false,
  },
  'group.oneInstancePerComputer': {
    message: 'Computer "{computer}" already has an instance of host "{host}".',
    next: 'A computer runs at most one instance of a host. Choose another computer.',
    retry: false,
  },
  'group.wrongState': {
    message: 'Host instance "{name}" is {state}, so it cannot be {operation}.',
    next: 'Look at its state with "scaled-out-hosts status".',
    retry: true,
  },
  'logs.none': {
    message: 'Host instance "{name}" has no log in {folder}.',
    next: 'Logs are there of: {known}. A host instance that printed nothing has none.',
    retry: true,
  },
  'hostInstance.hung': {
    message: 'Host instance "{name}" did not answer: {seconds} s after its lease had ended its process was ended and is started again.',
    next: 'Code that never returns does this. What it ran is suspended when it happens again and again; its error names the shape.',
    retry: true,
  },
  'hostInstance.startHung': {
    message: 'Host instance "{name}" did not come up within {seconds} s, so its process was ended.',
    next: 'Code of a module that runs when it is loaded and never returns does this. Look at its log with "scaled-out-hosts logs".',
    retry: true,
  },
  'hostInstance.notDrained': {
    message: 'Host instance "{name}" had not drained after {seconds} s, so its process was ended. It held {held} instances.',
    next: 'They go on from their last persistence point: on another instance of the host, or when one is started. What ran since then runs again.',
    retry: true,
  },
  'hostInstance.endedFrozen': {
    message: 'Host instance "{name}" was frozen and could not drain, so its process was ended. It held {held} instances.',
    next: 'They go on from their last persistence point: on another instance of the host, or when one is started. What ran since then runs again.',
    retry: true,
  },
  'hostInstance.ended': {
    message: 'The process of host instance "{name}" ended: {how}. {text}',
    next: 'Look at its log with "scaled-out-hosts logs".',
    retry: true,
  },
  'group.unknownReceiveLocation': { message: 'There is no receive location "{name}".', next: 'Use one of: {known}.', retry: false },
  'group.unknownInstance': {
    message: 'There is no orchestration instance "{id}".',
    next: 'List them with "scaled-out-hosts instances".',
    retry: false,
  },
  'group.operationNotAllowed': {
    message: 'Instance {id} is {state}, so it cannot be {operation}.',
    next: 'Look at it with "scaled-out-hosts show {id}".',
    retry: false,
  },
  'group.notResumable': {
    message: 'Instance {id} is not resumable: nothing of it can go on.',
    next: 'Look at its messages with "scaled-out-hosts show {id}", then end it with "scaled-out-hosts terminate {id}".',
    retry: false,
  },
  'group.discoveryUnreadable': {
    message: 'The file {file} cannot be read: {reason}',
    next: 'Make sure no group runs in that folder, then delete the file.',
    retry: false,
  },
  'group.processesUnreadable': {
    message: 'The list of the processes of an earlier start, {file}, cannot be read: {reason}',
    next: 'Make sure that no process of the group is left, then delete the file.',
    retry: false,
  },
  'group.refused': {
    message: 'The group refused the connection: {reason}',
    next: 'Use the version of scaled-out-hosts that started the group, or stop the group and start it again.',
    retry: false,
  },
  'group.olderVersion': {
    message: 'The group was started by an older version of Scaled-Out Hosts (process {pid}; it speaks version {found}, this one {known}).',
    next: 'Stop it and start it again with this version: its work goes on where it stood.',
    retry: false,
  },
  'group.newerVersion': {
    message: 'The group was started by a newer version of Scaled-Out Hosts (process {pid}; it speaks version {found}, this one {known}).',
    next: 'Update this version, or use the one that started the group.',
    retry: false,
  },
  'group.noAnswer': {
    message: 'The group did not answer "{command}" within {seconds} s.',
    next: 'Look at the log in the data folder; "scaled-out-hosts status" shows the processes.',
    retry: true,
  },
  'group.protocol': {
    message: 'The group sent something that was not understood: {reason}',
    next: 'Use the version of scaled-out-hosts that started the group, or stop the group and start it again.',
    retry: false,
  },
  'group.notTaken': {
    message: 'Receive location "{location}" has not taken {count} of the messages yet. They wait in {folder}.',
    next: 'An instance of its host "{host}" takes them as soon as it can: {hostInstances}. Look with "scaled-out-hosts status".',
    retry: true,
  },
  'group.submitFailed': {
    message: 'Receive location "{location}" did not take the message: {reason}',
    next: 'Look at the receive location with "scaled-out-hosts status".',
    retry: true,
  },
  'group.messageBoxAway': {
    message: 'The MessageBox is not running at the moment; it is being restarted.',
    next: 'Try again in a second.',
    retry: true,
  },
  'group.connectionLost': {
    message: 'The connection to the group was lost.',
    next: 'Check whether it still runs: "scaled-out-hosts status".',
    retry: true,
  },
  'group.supervisorGone': {
    message: 'The group ended without being asked to: its supervisor (process {pid}) is gone.',
    next: 'Start it again: it goes on from the last acknowledged commits.',
    retry: false,
  },

  'workspace.notTrusted': {
    message: 'This workspace is in Restricted Mode, so nothing in it is run.',
    next: 'Trust the workspace to start and control groups.',
    retry: false,
  },
  'workspace.noClusterFile': {
    message: 'There is no cluster.json in this workspace.',
    next: 'Start the sample group, or add a cluster.json.',
    retry: false,
  },
  'workspace.notOnDisk': {
    message: '{file} is not on the disk of this machine, so no process can read it.',
    next: 'Open a folder of this machine.',
    retry: false,
  },
  'workspace.noSnapshot': {
    message: 'There is no MessageBox file in {folder} yet.',
    next: 'It is written when the MessageBox makes its first snapshot.',
    retry: true,
  },

  ...messageBoxErrors,

  'definition.invalid': { message: 'Orchestration "{orchestration}": {detail}', next: 'Correct the definition at {where}.', retry: false },
  'definition.moduleFailed': {
    message: 'The module {module} could not be loaded: {reason}',
    next: 'Correct the module; its path is set in cluster.json.',
    retry: false,
  },
  'definition.moduleHangs': {
    message: 'The module {module} did not finish loading within {seconds} s.',
    next: 'What stands outside of functions runs when it is loaded: look there for a loop or an await that does not end.',
    retry: false,
  },
  'definition.moduleEnds': {
    message: 'The module {module} ended the process that loaded it ({how}).',
    next: 'What stands outside of functions runs when it is loaded: it must not end the process.',
    retry: false,
  },
  'definition.neverRecognised': {
    message:
      'Orchestration "{orchestration}" waits for "{type}" from receive port "{port}", but nothing says how such a JSON body is recognised.',
    next: 'Declare fields of "{type}", or name the "members" its bodies have.',
    retry: false,
  },
  'definition.recognisedAlike': {
    message: 'JSON bodies of "{type}" cannot be told from those of "{other}": both are recognised by {members}.',
    next: 'Name members that only one of them has (members: [...] in messageType), or take them from different receive ports.',
    retry: false,
  },
  'definition.typeTwice': {
    message: 'Message type "{type}" has other fields in {module} than in {other}.',
    next: 'Declare it in one module and import it in the other: a receive location can promote only the fields of one.',
    retry: false,
  },
  'definition.notFound': {
    message: 'The module {module} exports no orchestration "{orchestration}".',
    next: 'Exported are: {known}.',
    retry: false,
  },
  'orchestration.notJson': {
    message:
      'Variable "{variable}" holds a {found} at {path} after shape "{shape}"; JSON cannot carry it, so it would be lost when another host instance takes over.',
    next: 'Keep plain values in variables: text, numbers, true/false, null, arrays and plain objects.',
    retry: false,
  },
  'orchestration.uncaught': {
    message: 'Uncaught exception {type} in shape "{shape}": {message}',
    next: 'Correct the cause and resume the instance; it goes on from the last persistence point and may fail again.',
    retry: true,
  },
  'orchestration.retriesExhausted': {
    message: 'Atomic scope "{scope}" has run again {times} times in vain, last by {type}: {message}',
    next: 'Correct the cause and resume the instance; the scope starts afresh.',
    retry: true,
  },
  'orchestration.crashedHost': {
    message: 'The host instance ended {attempts} times while it ran this orchestration, last {hostInstance}, {where}: {how}.',
    next: 'Correct the code of that shape, then resume or terminate the instance.',
    retry: false,
  },
  'sendPort.crashedHost': {
    message: 'The host instance ended {attempts} times while it sent this message, last {hostInstance}: {how}.',
    next: 'Look at the log of the host instance, then resume or terminate the instance.',
    retry: false,
  },
  'orchestration.discardedMessages': {
    message: 'The instance ended without consuming all messages that were routed to it (0xC0C01B4C). Not consumed: {count}.',
    next: 'Look at the messages, then terminate the instance.',
    retry: false,
  },

  'source.unknown': {
    message: 'It is not known where "{shape}" is written.',
    next: 'Keep the modules of orchestrations in the folder of cluster.json, and start the group again.',
    retry: false,
  },
  'source.outside': {
    message: 'The file {file} is outside of the folder of the group, so it is not opened.',
    next: 'Keep the modules of orchestrations in the folder of cluster.json, and start the group again.',
    retry: false,
  },
  'source.missing': {
    message: 'The file {file} with the shape "{shape}" cannot be opened: {reason}',
    next: 'If it was moved or renamed, correct its path in cluster.json and start the group again.',
    retry: false,
  },

  'format.newer': {
    message: '{file} was written by a newer version of Scaled-Out Hosts ({format} format {found}; this version knows {known}).',
    next: 'Use the version that wrote it, or update this one. Nothing was changed.',
    retry: false,
  },
  'file.unreadable': { message: 'Cannot read {file}: {reason}', next: 'Check the path.', retry: false },

  ...messageErrors,
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof catalogue;
