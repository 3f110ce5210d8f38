namespace Holdfast;

/// <summary>What a row of <c>session_memories</c> is. Stores spell it in snake case: <c>message_user</c>.</summary>
public enum MemoryType
{
    /// <summary>What a session is about, kept as one record (the older systems' form; Holdfast keeps it in <c>sessions</c>).</summary>
    SessionMetadata,
    /// <summary>A message of the user.</summary>
    MessageUser,
    /// <summary>A message of the assistant.</summary>
    MessageAssistant,
    /// <summary>A message of the system.</summary>
    MessageSystem,
    /// <summary>The result of a tool.</summary>
    MessageTool,
    /// <summary>What the work is about.</summary>
    Context,
    /// <summary>Something to be done.</summary>
    Action,
    /// <summary>Something that is wrong.</summary>
    Issue,
    /// <summary>Something that was decided.</summary>
    Decision,
    /// <summary>Something that happened.</summary>
    Log,
    /// <summary>A shorter form of what came before.</summary>
    Summary,
}

/// <summary>What an agent says to another agent.</summary>
public enum AgentMessageType
{
    /// <summary>For the record.</summary>
    Log,
    /// <summary>Something failed.</summary>
    Error,
    /// <summary>Something to do.</summary>
    Task,
    /// <summary>Something to know.</summary>
    Notification,
    /// <summary>A question.</summary>
    Query,
    /// <summary>An answer.</summary>
    Response,
}

/// <summary>The queues of durable work, each a table of its own.</summary>
public enum JobKind
{
    /// <summary>Sources that wait to be read (<c>research_staging</c>).</summary>
    ResearchStaging,
    /// <summary>Scripts that wait to be produced (<c>video_scripts</c>).</summary>
    VideoScripts,
    /// <summary>Videos that wait to be uploaded (<c>upload_jobs</c>).</summary>
    UploadJobs,
}

/// <summary>What became of an attempt at a job.</summary>
public enum JobOutcome
{
    /// <summary>Done; the job is closed.</summary>
    Completed,
    /// <summary>Failed, to be tried again later.</summary>
    Failed,
    /// <summary>Failed too often, or for good: on the dead-letter list.</summary>
    Dead,
    /// <summary>Taken from the dead-letter list back into the queue.</summary>
    Replayed,
}

/// <summary>Whether something is to be seen.</summary>
public enum LifeState
{
    /// <summary>It is there.</summary>
    Alive,
    /// <summary>It was deleted and can be restored.</summary>
    Deleted,
}

/// <summary>Kinds of knowledge.</summary>
public enum AtomType
{
    /// <summary>An idea.</summary>
    Concept,
    /// <summary>Steps.</summary>
    Procedure,
    /// <summary>Measures and limits.</summary>
    Specification,
    /// <summary>A form that recurs.</summary>
    Pattern,
    /// <summary>Something that breaks.</summary>
    Fault,
    /// <summary>Where to look.</summary>
    Reference,
}

/// <summary>How much a reader has to know.</summary>
public enum Difficulty
{
    /// <summary>Nothing.</summary>
    Beginner,
    /// <summary>Something.</summary>
    Intermediate,
    /// <summary>Much.</summary>
    Advanced,
    /// <summary>All of it.</summary>
    Expert,
}
