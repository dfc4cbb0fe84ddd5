# Every sentence that people read, in English. .title is the title, .note the small print; lines that
# open with "- " are shown as a list. Same keys and variables as zh-Hans.ftl.

## Typed words: understood without a slash too
words-start = start|menu|main menu|begin
words-help = help|how to use
words-language = language|change language|switch language
words-ask = ask|ask a question
words-my = my requests|my request|my questions|my cases|status|progress
words-human = human|agent|expert|lawyer|person|talk to a person|talk to a human|ask an expert|find a lawyer
words-privacy = privacy|delete my data|erase my data
words-cancel = cancel|quit|exit
words-queue = queue|waiting requests
words-mine = mine|cases i hold
words-duty = duty|my duty
words-case = case|open case
words-remind = remind|remind me
words-invite = invite
words-revoke = revoke
words-profile = profile|my fields
words-reply = reply|reply to citizen
words-join = join

## Telegram's menu of commands
command-start = Start
command-my = My requests
command-human = Ask an expert
command-privacy = Privacy and deletion
command-language = Language / 语言
command-help = Help
command-queue = Waiting requests
command-mine = Cases I hold
command-case = Open a case: /case NUMBER
command-duty = Duty, fields, regions
command-remind = Follow-up reminder: /remind 3d TEXT
command-cancel = What I type no longer goes to the citizen
command-invite = Invite a colleague: /invite expert NAME
command-revoke = End a colleague's role: /revoke NAME

## Welcome, menu, help
welcome =
    This is { $station }. Tell me in your own words what happened, for example “my boss has not paid me for two months”. I look for an answer among checked common questions; where I am not sure, an expert replies to you or phones you.

    - Reply “human” at any time to reach a person.
    - In danger, first call 110 (police), 120 (ambulance) or 119 (fire).
    - If life feels too hard, you can call 12356, the psychological help line.
    .title = Hello, I am the automatic assistant of { $desk }
    .note = Automatic answers are general legal information, not legal advice or representation.
welcome-short =
    Hello, this is the automatic assistant of { $station }. I look for an answer among checked common questions; where I am not sure, an expert takes over. Reply “human” at any time to reach a person. In danger, first call 110 or 120.
    .note = Automatic answers are general legal information, not legal advice or representation.
menu-ask = Ask a question
menu-mine = My requests
menu-human = Ask an expert
menu-privacy = Privacy
menu-help = Help
help =
    - Just type what happened. A few sentences are enough, in one message or several.
    - Reply “human” to reach an expert; reply “my requests” to see progress, add something or cancel.
    - Reply “privacy” to see what we keep and how to delete it; reply “language” to change the language.
    - To choose an option on the screen, tap its button or reply with its number.
    .title = How to use this
    .note = In an emergency, please call 110, 120 or 119 directly.
ask-now = Please tell me what happened, when and where, and what you would most like to know.
language = Please choose a language / 请选择语言
language-set = Thank you. I will use this language from now on.
nothing-to-cancel = There is nothing to cancel at the moment. You can ask a question, or reply “menu”.
cancelled = Cancelled. You can go on asking, or reply “menu”.

## Small talk
talk-greeting = Hello! Please tell me about your legal question and I will look for an answer. To reach an expert, reply “human”.
talk-thanks = You are welcome, and all the best. Write to me whenever you have another question.
talk-bye = Goodbye. Please come back whenever you need to.
talk-who = I am the automatic assistant of { $station }, not a person. I look for answers among checked common questions; where I am not sure, an expert takes over. Reply “human” to reach a person.
talk-ok = All right. If you have another question, please go on; to reach an expert, reply “human”.
talk-off-topic = I cannot help with this, as I only know about legal matters. If you do have a legal question, please put it another way, or reply “human” to reach an expert.

## Emergency
emergency-life =
    - Danger right now: call 110 for the police; if somebody is hurt, 120; for a fire, 119.
    - If you cannot speak, send a text message to 12110 and say where you are.
    - First go to a safe place with people around; keep evidence after that.
    .title = Safety first
    .note = Our answers cannot replace the police or an ambulance.
emergency-self-harm =
    Your safety matters most now. Please do not carry this alone.

    - 12356: national psychological help line (at least 18 hours a day).
    - If you are hurt or have taken pills, call 120 at once; in danger, call 110.
    - Please ask a relative or a friend to come and be with you now.
    .title = Please pause for a moment; there are people who want to help you
    .note = Our answers cannot replace an ambulance or psychological help.
emergency-home-violence =
    - Violence or danger right now: call 110. The police can stop it and issue a written warning, which is also evidence.
    - If you are hurt, call 120 or go to a hospital first; keep the records and photos.
    - 12338: help line for women and children (mostly in office hours). There are shelters in many places; ask the civil affairs office or the Women’s Federation.
    - You can apply to a court for a personal safety protection order. You need not divorce first, and it is free.
    .title = First of all, your safety and your children’s
    .note = Our answers cannot replace the police or an ambulance.
emergency-minor =
    - A child in danger right now: call 110; if hurt, 120.
    - 12338: help line for women and children. The school, the residents’ or villagers’ committee and the civil affairs office also have a duty to help and to report.
    - Take the child to a safe place first. Please do not ask about details again and again; keep evidence.
    .title = First of all, the child’s safety
    .note = Our answers cannot replace the police or an ambulance.

## Answers
answer-deadline = Please note: there is a time limit for this kind of matter. Once it has passed it may be too late, so please act early.
answer-danger = Your safety comes first: in danger call 110, if hurt call 120.
answer-regions = Applies in: { $regions }
answer-next = Where to go: { $steps }
answer-prepare = Please prepare: { $papers }
answer-basis = Legal basis: { $basis }
answer-note = Checked on { $date }, signed by { $by }. The answer is written in Chinese. It is general legal information, not legal advice or representation. If it is unclear or your situation is different, please ask an expert.
answer-note-unsigned = Checked on { $date } against the text of the law; not yet signed by a lawyer of this station. The answer is written in Chinese. It is general legal information, not legal advice or representation. If it is unclear or your situation is different, please ask an expert.
answer-gone = This answer is being updated and cannot be shown at the moment. Please reply “human” and an expert will answer you.
button-solved = Solved
button-not-mine = Not my question
button-ask-expert = Ask an expert
button-none = None of these, ask an expert
did-you-mean = Did you mean:
not-yours-maybe = Sorry, that was not it. Did you perhaps mean:
sorry-not-yours = Sorry, that was not it. I will ask an expert to answer you.
not-sure = I am not sure enough about this one and would not want to mislead you, so I will ask an expert to answer.
urgent-expert = We treat this as urgent and ask an expert to answer you soon. A few taps below are enough.
glad = I am glad to hear it, and all the best. Write to me whenever you have another question.
parts-rest =
    .title = I am not sure enough about these. Choose the closest, or ask an expert:
parts-none =
    .title = You asked several things and I am not sure enough about any of them. Choose the closest, or ask an expert:
parts-done = These were the answers, one by one. Did they help you?
add-or-new =
    .title = One of your requests ({ $case }) is waiting for an expert. What you just wrote is:
button-to-case = Part of { $case }
button-new-question = Another question
human-say-what = Certainly, I will find an expert for you. Please first describe the matter in a few sentences, and I will pass them on.
already-held = An expert is working on your request { $case }. Just write to the expert here.
file-say-what = I have received it. Please say in a sentence or two what it is about and what you would like to know.
number-out-of-range = There is no choice with this number. Please reply 1 to { $count }, or just tell me about your matter.
unsupported = I cannot read this, sorry. Please tell me in text, pictures, voice or files.
unsupported-held = This cannot be passed on, sorry. Please use text, pictures, voice or files.

## Callback request
button-cancel-form = Cancel
button-refuse = I do not agree
form-consent-topic =
    For an expert to answer you, we need to store this question and what you enter next. Only the staff who handle it see it, it is kept encrypted, and you can ask us to delete it at any time. If you do not agree, you can still use the common questions.

    This looks like “{ $topic }”.
    .title = Ask an expert · step 1 of 4
form-consent-all-topics =
    For an expert to answer you, we need to store this question and what you enter next. Only the staff who handle it see it, it is kept encrypted, and you can ask us to delete it at any time. If you do not agree, you can still use the common questions.

    By choosing the closest topic you agree to this:
    .title = Ask an expert · step 1 of 4
button-consent-topic = I agree, topic is right
button-topic-right = Yes, go on
button-other-topic = Another topic
button-more-topics = More topics
form-topic = This looks like “{ $topic }”. Is that right?
    .title = Ask an expert · step 1 of 4
form-all-topics = Please choose the closest topic:
    .title = Ask an expert · step 1 of 4
form-place = Where did it happen? Choose one, or type the name of the place.
    .title = Step 2 of 4
form-place-again = Noted; the expert will see it. I could not tell which place it is: choose one if you like, or type its name, for example “Dongcheng”. You need not say.
    .title = Step 2 of 4
button-place-skip = Rather not say
form-reach = How should the expert reach you?
    .title = Step 3 of 4
button-reach-chat = Reply to me here
button-reach-phone = Phone me
form-phone = Please send your mobile or landline number (with area code). It is kept encrypted, and only the expert who takes your request sees it.
form-phone-wrong = This number does not look right. A mobile number has 11 digits; a landline number needs its area code, for example 13812345678 or 010-12345678.
form-phone-foreign = This is somebody else’s contact card, so it cannot be used as your number. Please type your own number.
form-window = When may we phone you?
button-window-any = Any working hours
form-more = Is there anything to add? You can type, or send pictures or voice; if not, tap “Submit”.
    .title = Step 4 of 4
form-choose = Take your time. When you are ready, tap one of the choices below or reply with its number.
form-more-kept = Noted.
form-added-to-question = Added to your question.
form-file-kept = File received.
button-submit = Submit
form-cancelled = Cancelled; nothing that you entered was kept. You can go on asking.
form-refused = All right, nothing is stored, and the question you just asked is deleted. You can still use the common questions at any time, or call 12348, the public legal service line.
form-waiting = Your request for an expert has not been submitted yet. Tap the buttons above to go on; if you no longer need it, reply “cancel”.
receipt-chat =
    - Number: { $case }
    - { $urgent ->
            [1] Treated as urgent (within { $minutes } minutes of working time): an
           *[other] An
        } expert replies to you here by { $promise } at the latest
    - Your place in the queue: { $place }

    To add something, tap below or just write to me. Reply “my requests” to see progress.
    .title = Submitted: an expert will reply to you
    .note = If anybody is in danger, do not wait: call 110 or 120. If there is a deadline (lawsuit, arbitration and so on), please keep the date in mind yourself.
receipt-phone =
    - Number: { $case }
    - { $urgent ->
            [1] Treated as urgent (within { $minutes } minutes of working time): an
           *[other] An
        } expert phones you by { $promise } at the latest
    - Your place in the queue: { $place }

    To add something, tap below or just write to me. Reply “my requests” to see progress. Experts never ask for verification codes or passwords, and never ask you to transfer money.
    .title = Submitted: an expert will phone you
    .note = If anybody is in danger, do not wait: call 110 or 120. If there is a deadline (lawsuit, arbitration and so on), please keep the date in mind yourself.
too-many-cases = You already have { $count } requests under way. Please wait a little, or reply “my requests” to cancel what you no longer need. To add something, just choose one of them.

## My requests
my-none = You have not asked an expert yet. Just ask your question; to reach an expert, reply “human”.
my-list = { $lines }
    .title = Your requests
state-open = waiting for an expert
state-claimed = with an expert
state-answered = answered
state-closed = closed
case-open =
    - Number: { $case }
    - State: waiting for an expert, place { $place } in the queue
    - You hear from us by { $promise } at the latest
case-claimed =
    - Number: { $case }
    - State: with an expert; what you write goes straight to the expert
    - You hear from us by { $promise } at the latest
case-answered =
    - Number: { $case }
    - State: answered by an expert; you can go on asking
case-closed =
    - Number: { $case }
    - State: closed
button-case-add = Add something
button-case-cancel = Cancel the request
button-case-reopen = Not solved, ask again
add-now = Please write what you want to add to { $case }. Pictures, voice and files are fine too.
added = Added to { $case }.
case-withdrawn = { $case } is cancelled. Please ask again whenever you need to.
reopened = { $case } is back in the queue. You hear from us by { $promise } at the latest.
claimed =
    An expert at { $station } has taken your request { $case } and is reading it. What you write now goes straight to the expert.
    .note = Experts never ask for verification codes or passwords, and never ask you to transfer money.
released-citizen = Another expert will take your request { $case }. It is back in the queue{ $over ->
        [1] .
       *[other] ; you will hear from us by { $promise } at the latest.
    }
lapsed-citizen = The expert who had your request { $case } could not deal with it in time; we are sorry. It is back in the queue{ $over ->
        [1] .
       *[other] ; you will hear from us by { $promise } at the latest.
    }
expert-says =
    .title = An expert at { $station } ({ $case }):
expert-file = A file from an expert at { $station } ({ $case })
closed-citizen = Your request { $case } is closed: { $outcome }.
rate = Did we solve your problem ({ $case })? Please give a score (5 ★ is best); if it is not solved, you can ask again.
rated = Thank you for your score. If you like, tell us in a sentence what was good and what was not.
rated-low = We are sorry that we did not help you well. Please tell us in a sentence what went wrong; if it is not solved, tap “Not solved, ask again” to return to the queue.
rating-word-kept = Thank you, noted.
ask-solved = { $late ->
        [1] { "(This reminder comes late, sorry.) " }
       *[other] { "" }
    }Yesterday an expert replied to your request { $case }. Is it solved?
no-reaction = { $late ->
        [1] { "(This reminder comes late, sorry.) " }
       *[other] { "" }
    }An expert replied to your request { $case } and we have not heard from you since. If nothing is open, it will be closed automatically on { $closes }; if something is, just write it here.
auto-closed = Your request { $case } is closed. If it is not solved, tap “Not solved, ask again” at any time.
phone-missed-citizen = The expert just phoned you about { $case } but could not get through, and will try again. You can also write when it suits you.
phone-wrong-citizen = The number you left for { $case } did not work when the expert phoned. Please send the right number here and it will be passed on.
sorry-late = The time we promised you for { $case } has passed without an answer, and we are very sorry. The person in charge has been told and is following it up. If it is urgent, please call 12348.
window-citizen = { $late ->
        [1] { "(This reminder comes late, sorry.) " }
       *[other] { "" }
    }A reminder: the expert will phone you on { $start } ({ $case }). Please keep your phone at hand.

## Privacy
privacy =
    - We keep: your questions and replies, the phone number and place you give us, the files you send. They are encrypted, and only the staff who handle them see them.
    - If you do not ask for an expert, your questions are not kept for long.
    - We never sell them, show them to anybody unconcerned, or use them for advertising.
    - You can ask us to delete them at any time: tap the button below. Open requests are then cancelled; figures without personal details stay.
    .title = Privacy
button-erase = Delete my data
erase-confirm = Deleted data cannot be restored, and waiting requests are cancelled. Are you sure?
button-erase-confirm = Yes, delete
erased = Deleted. You can ask again at any time.

## Refusals and errors
refused-forged = This button was not meant for you, so nothing was changed. Please use the buttons in your own chat.
refused-stale = This step has passed. Please use the latest buttons, or reply “menu” to start again.
refused-role = This is not open to your account, so nothing was changed.
refused-owner = This case is not with you at the moment, so nothing was changed.
refused-state = The state of this request has changed, so this step is not possible now. Reply “my requests” to see where it stands.
refused-private = To protect privacy, please write to me in a private chat; nothing can be handled in a group.
refused-case = No request with this number was found. Please check the number.
slow-down = Many messages are coming in and I am still working through the first ones. This one was not kept. Please wait a few minutes: until then, what you send is not kept either.
turn-failed = Sorry, I could not handle your last message; it has been set aside for the staff to look at. Please put it another way and send it again, or call 12348.

## Experts
staff-welcome = { $duty }. Requests waiting: { $open }.

    - Waiting requests: /queue; cases you hold: /mine; duty and fields: /duty
    - Open a case: /case NUMBER; follow-up reminder: /remind 3d TEXT
    - Once a case is open, what you type goes to the citizen; /cancel stops that
    .title = Hello, { $name }
staff-welcome-admin = { $duty }. Requests waiting: { $open }.

    - Waiting requests: /queue; cases you hold: /mine; duty and fields: /duty
    - Open a case: /case NUMBER; follow-up reminder: /remind 3d TEXT
    - Once a case is open, what you type goes to the citizen; /cancel stops that
    - Invite a colleague: /invite expert NAME (or admin, supervisor); end a role: /revoke NAME
    .title = Hello, { $name }
lead-welcome = Waiting: { $open }.

    - Waiting requests: /queue; look at one: /case number
    - To give back or hand on a case that somebody holds, use the buttons on that case
    .title = Hello, { $name }
lead-welcome-admin = Waiting: { $open }.

    - Waiting requests: /queue; look at one: /case number
    - Invite a colleague: /invite expert name (or admin, supervisor); end a role: /revoke name
    - A changed answer is live as soon as it is saved; mistakes are reported to you here
    .title = Hello, { $name }
on-duty = You are on duty
off-duty = You are off duty and get no new requests
button-queue = Waiting requests
button-mine = Cases I hold
button-duty = Duty and fields
card-request =
    - { $topic } · { $place } · { $reach ->
        [phone] wants a phone call
       *[other] wants a reply in chat
    }
    - Submitted: { $opened }
    - Due by: { $promise }
    { $before }

    Found in the FAQ:
    { $offered }
    .title = { $urgent ->
        [1] { "URGENT · " }
       *[other] { "" }
    }{ $kind ->
        [again] Opened again
        [back] Back in the queue
        [held] Claimed
       *[other] New request
    } { $case }
card-before = - So far: { $steps }{ $rating ->
        [0] { "" }
       *[other] { " " }(rated { $rating } ★ by the citizen)
    }
offered-why = fits: { $matched }; does not fit: { $missing }
mark-urgent = { "URGENT · " }
button-claim = Claim
button-claim-case = Claim { $case }
card-claimed = { $case } was claimed by { $who }.
card-withdrawn = { $case } was cancelled by the citizen.
claim-lost = { $case } has already been claimed by { $who }.
claim-gone = { $case } is no longer in the queue.
claim-yours = You already hold { $case }; see /mine.
own-question = This is a question that you asked yourself; please leave it to a colleague.
case-whole =
    - { $topic } · { $place }
    - Due by: { $promise }
    - Reply by: { $reach ->
        [phone] phone { $phone }, time { $window }
       *[other] chat
    }
    - Added: { $details }

    Found in the FAQ:
    { $offered }

    History:
    { $story }
    .title = { $urgent ->
        [1] { "URGENT · " }
       *[other] { "" }
    }Case { $case }
    .note = What you type now goes to the citizen, under the station’s name; /cancel stops that. Please never take on a citizen’s matter privately.
story-citizen = Citizen
story-expert = Expert
story-phone = Phone
story-system = Record
story-claimed = claimed
story-released = released
story-revoked = the expert left, back in the queue
story-reopened = the citizen says that it is not solved: opened again
story-solved = the citizen says that it is solved: closed
story-auto-closed = the citizen wrote no more: closed by itself
story-lapsed = not handled in time, back in the queue
story-transferred = transferred
button-reply = Reply
button-phone = Log a call
button-close = Close
button-transfer = Transfer
button-release = Release
button-open = Open
button-open-case = Open { $case }
reply-now = Please type; it goes to the citizen of { $case }. /cancel stops that.
left-case = All right, what you type no longer goes to the citizen of { $case }.
typed-to-nobody = No case is open, so this was not sent to any citizen. To reply to one, open the case with /mine first.
not-sent =
    .title = Not sent ({ $case }):
edited-not-relayed = Edits are not passed on to the citizen. Please send the correction as a new message.
delivered = ✓ Delivered, { $case }
not-delivered = ✗ Not delivered, { $case }. Please send it again in a while, or phone instead and log the call.
not-delivered-gone = ✗ Not delivered, { $case }: the citizen has stopped the bot. If there is a phone number, please call; if you cannot get through, close the case as “Could not be reached”.
citizen-says =
    .title = Citizen ({ $case }):
citizen-file = A file from the citizen ({ $case })
withdrawn = The citizen cancelled { $case }; it is closed.
solved-by-citizen = The citizen says that { $case } is solved; it is closed.
now-urgent = { $case } is now handled as urgent: an expert answers you by { $promise }. Do not wait for it: in danger, call the numbers above first.
became-urgent = URGENT · The citizen of { $case } just spoke of danger to life or limb and has been given the emergency numbers. Please look at once.
taken-from-you = { $case } was passed to somebody else or put back in the queue by a supervisor.
release-why = Why do you release { $case }? Choose a reason or type one.
release-field = Not my field
release-time = No time for it
release-conflict = Conflict of interest
released = { $case } is back in the queue.
transfer-nobody = There is no other expert to transfer to at the moment.
transfer-whom = Who should get { $case }? (● on duty)
transferred = { $case } was transferred to { $who }.
transferred-to-you = { $who } has transferred { $case } to you.
phone-how = How did the call for { $case } go?
phone-reached = Reached and answered
phone-no-answer = No answer
phone-busy = Line busy
phone-wrong-number = Wrong number
phone-logged = Logged in { $case }.
close-how = How does { $case } end?
outcome-answered = Answered
outcome-legal-aid = Referred to legal aid
outcome-mediation = Referred to mediation
outcome-litigation = Court or arbitration advised
outcome-other-office = Referred to another office
outcome-unreached = Could not be reached
outcome-withdrawn = Withdrawn by the citizen
closed = { $case } is closed.
queue-empty = No requests are waiting.
queue-list = { $lines }
    .title = Waiting requests ({ $count })
mine-empty = You hold no cases.
mine-list = { $lines }
    .title = Cases you hold ({ $count })
case-how = Which case? Type its number, for example: /case 482-719-355. Those that you hold can also be chosen below, if there are any.
reply-how = Which case do you want to answer? Type its number, for example: /reply 482-719-355. Those that you hold can also be opened below, if there are any.
case-number-wrong = There is no such number. A number has 9 digits, for example /case 482-719-355.
duty-on =
    - Fields: { $topics }
    - Regions: { $regions }
    .title = On duty: new requests come to you
duty-off =
    - Fields: { $topics }
    - Regions: { $regions }
    .title = Off duty: no new requests come to you
all-of-them = all
button-on = Go on duty
button-off = Go off duty
button-topics = Fields
button-regions = Regions
button-done = Done
choose-topics = Choose your fields; none chosen means all.
choose-regions = Choose your regions; none chosen means all.
lease-nudge = { $late ->
        [1] { "(Late reminder) " }
       *[other] { "" }
    }Nothing has happened in { $case } since you claimed it. It goes back to the queue on { $until }.
lease-over = { $case } had no action within its time and is back in the queue.
citizen-waits = { $late ->
        [1] { "(Late reminder) " }
       *[other] { "" }
    }The citizen of { $case } is waiting for your reply (since { $since }). Reply or log a phone call, and you will not be reminded again.
citizen-waits-long = { $late ->
        [1] { "(Late reminder) " }
       *[other] { "" }
    }The citizen of { $case } is waiting for a reply (since { $since }); { $who } has been reminded several times. You can transfer the case or give it back to the queue.
promise-near = { $late ->
        [1] { "(Late reminder) " }
       *[other] { "" }
    }Nobody has claimed { $case } yet; the citizen was promised an answer by { $promise }.
promise-over = { $late ->
        [1] { "(Late reminder) " }
       *[other] { "" }
    }OVERDUE · { $case } has no answer and the promised time ({ $promise }) has passed. We have apologised to the citizen.
window-near = { $late ->
        [1] { "(Late reminder) " }
       *[other] { "" }
    }{ $case }: a call is agreed for { $start }.
window-unclaimed = { $late ->
        [1] { "(Late reminder) " }
       *[other] { "" }
    }{ $case }: a call is agreed for { $start }, and nobody has claimed it yet.
auto-closed-expert = The citizen of { $case } wrote nothing more; it was closed automatically.
remind-how = Say after how long and of what, for example: /remind 3d check whether the court has accepted it. d means days, h hours, m minutes; at most 999 days.
remind-no-case = A reminder belongs to a case, and you hold none now. Claim one with /queue first, then send, for example: /remind 3d check whether the court has accepted it
remind-which = You hold several cases: which one? Choose one to open it, then send it again, for example: /remind 3d check whether the court has accepted it
remind-set = Done. You will be reminded of { $case } on { $when }.
own-reminder =
    .title = { $late ->
            [1] { "(Late reminder) " }
           *[other] { "" }
        }Follow-up reminder: { $case }

## Administration
role-expert = expert
role-admin = administrator
role-supervisor = supervisor
invite-made =
    Please pass the next line on to the new { $role }, who sends it to me in a private chat:

    /join { $token }

    Valid until { $expires }, and only once.
invite-link = On Telegram, just open: { $link }
invite-bad = This invitation is not valid, has been used or has expired. Please ask an administrator for a new one.
revoke-whom = Whose role do you want to end? Choose one, or type /revoke NAME.
revoke-sure = End every role of { $name }? What { $name } holds ({ $count }) goes back to the queue, and the citizens are told that another expert will come.
revoke-done = { $name } is no longer on the staff; requests back in the queue: { $count }.
revoke-nobody = There is no such colleague. /revoke lists who can be chosen; your own role is for another administrator to end.
button-revoke = End the role
revoked = { $name }, your role here has ended, and what you held has gone back to your colleagues. Thank you. You can still ask questions of your own here.
joined = Welcome, { $name }! Please first choose your fields and regions; none chosen means all. New requests come to you from now on; /duty lets you go off duty.
faq-live = The FAQ has been updated. Answers in force: { $count }.
faq-broken =
    { $problems }

    Mend them and save; until then the last version stays in use.
    .title = The FAQ was not replaced. Problems found: { $count }
