# 人们读到的每一句话。.title 是标题，.note 是小字；以“- ”开头的行显示为列表。
# 可用变量：$desk 服务名，$station 法律服务站名，以及各条所列。

## 输入的词：不带斜杠也认得
words-start = 开始|菜单|主菜单
words-help = 帮助|怎么用
words-language = 语言|切换语言
words-ask = 提问|咨询|我要提问
words-my = 我的咨询|我的问题|查进度|进度
words-human = 人工|转人工|人工服务|找人工|找专家|找律师|人工客服
words-privacy = 隐私|删除我的数据
words-cancel = 取消|退出
words-queue = 待接单
words-mine = 我的个案
words-duty = 值班
words-case = 个案
words-remind = 提醒我
words-invite = 邀请
words-revoke = 撤销同事
words-profile = 专长
words-reply = 回复市民
words-join = 加入

## Telegram 的命令菜单
command-start = 开始
command-my = 我的咨询
command-human = 找专家
command-privacy = 隐私与删除
command-language = 语言 / Language
command-help = 帮助
command-queue = 待接单
command-mine = 我的个案
command-case = 打开个案：/case 编号
command-duty = 值班、专长、地区
command-remind = 跟进提醒：/remind 3d 内容
command-cancel = 打的字不再发给市民
command-invite = 邀请同事：/invite expert 姓名
command-revoke = 撤销同事的身份：/revoke 姓名

## 欢迎、菜单、帮助
welcome =
    这里是{ $station }。您用自己的话说说遇到的事，比如“房东不肯退押金怎么办”，我先从经过核对的常见问题里找答案；没有把握的，转给专家，由专家回复您或打电话给您。

    - 随时回复“人工”，就能找到人。
    - 有人身危险先打 110（报警）、120（急救）、119（火警）。
    - 心里难受、想不开，可以打 12356 心理援助热线。
    .title = 您好，我是{ $desk }的自动应答
    .note = 自动答复是一般性法律信息，不是律师意见，也不构成代理。
welcome-short =
    您好，这里是{ $station }的自动应答。我先从经过核对的常见问题里找答案，没有把握的转给专家；随时回复“人工”找人，有人身危险先打 110、120。
    .note = 自动答复是一般性法律信息，不是律师意见，也不构成代理。
menu-ask = 我要提问
menu-mine = 我的咨询
menu-human = 找专家
menu-privacy = 隐私
menu-help = 帮助
help =
    - 直接打字说您的事，几句话都行，可以分几条发。
    - 回复“人工”找专家；回复“我的咨询”看进度、补充或取消。
    - 回复“隐私”看我们存什么、怎么删除；回复“语言”切换语言。
    - 屏幕上的选项，点按钮或者回复前面的数字都可以。
    .title = 怎么用
    .note = 紧急情况请直接打 110、120、119。
ask-now = 请说说您遇到的事：发生了什么，什么时候，在哪里，您最想知道什么。
language = 请选择语言 / Please choose a language
language-set = 好的，以后用这种语言。
nothing-to-cancel = 现在没有要取消的。您可以直接提问，或回复“菜单”。
cancelled = 已取消。您可以接着提问，或回复“菜单”。

## 寒暄
talk-greeting = 您好！请说说您遇到的法律问题，我来帮您找答案；要找专家，回复“人工”。
talk-thanks = 不客气，祝您顺利。还有问题随时写给我。
talk-bye = 好的，再见。需要时随时回来。
talk-who = 我是{ $station }的自动应答，不是真人。能从核对过的常见问题里找答案；没有把握的转给专家。回复“人工”就能找到人。
talk-ok = 好的。还有问题请接着说；要找专家，回复“人工”。
talk-off-topic = 这个我帮不上忙，我只懂法律方面的问题。如果您确实有法律问题，请换个说法，或回复“人工”找专家。

## 紧急
emergency-life =
    - 有危险正在发生：打 110 报警；有人受伤打 120；着火打 119。
    - 说不了话时，可以发短信到 12110 报警，写明地点。
    - 先到安全、有人的地方，再留证据。
    .title = 先保证安全
    .note = 我们的答复不能代替报警和急救。
emergency-self-harm =
    您现在的安全最要紧，请先不要一个人扛。

    - 12356：全国统一心理援助热线（每天至少 18 小时）。
    - 已经受伤或吃了药：马上打 120；有危险打 110。
    - 请叫一位家人或朋友现在来陪您。
    .title = 请先停一停，有人愿意帮您
    .note = 我们的答复不能代替急救和心理援助。
emergency-home-violence =
    - 正在发生或有危险：打 110。警察可以制止、出具告诫书，这也是证据。
    - 受了伤：打 120 或先去医院，保留病历和照片。
    - 12338 妇女儿童维权热线（多为工作时间）；各地有庇护场所，可问民政、妇联。
    - 可以向法院申请人身安全保护令，不需要先离婚，也不收费。
    .title = 先保证您和孩子的安全
    .note = 我们的答复不能代替报警和急救。
emergency-minor =
    - 孩子正有危险：打 110；受伤打 120。
    - 12338 妇女儿童维权热线；学校、居（村）委会、民政部门也有责任帮助和报告。
    - 先把孩子带到安全的地方，不要反复追问细节，保留证据。
    .title = 先保证孩子的安全
    .note = 我们的答复不能代替报警和急救。

## 答复
answer-deadline = 请注意：这类事情有时间限制，过了可能就办不成，请尽早办。
answer-danger = 人身安全最要紧：有危险先打 110，受伤打 120。
answer-regions = 适用地区：{ $regions }
answer-next = 可以找：{ $steps }
answer-prepare = 请准备：{ $papers }
answer-basis = 依据：{ $basis }
answer-note = 核对日期 { $date }，由 { $by } 签署。一般性法律信息，不是律师意见，也不构成代理；您的情况有特殊之处，请找专家。
answer-note-unsigned = 核对日期 { $date }。内容已对照法条，尚未经本站律师签署。一般性法律信息，不是律师意见，也不构成代理；您的情况有特殊之处，请找专家。
answer-gone = 这条答案正在更新，暂时不能显示。请回复“人工”，由专家答复您。
button-solved = 解决了
button-not-mine = 不是我问的
button-ask-expert = 问专家
button-none = 都不是，问专家
did-you-mean = 您是不是想问：
not-yours-maybe = 抱歉没有对上。那么是不是想问：
sorry-not-yours = 抱歉没有对上，我请专家来答您。
not-sure = 这个问题我没有十足的把握，怕说错耽误您，请专家来答。
urgent-expert = 您的事我们按急事办，请专家尽快回复您。点下面的选项就行，几步就好。
glad = 太好了，祝您顺利。还有问题随时写给我。
parts-rest =
    .title = 下面这些我没有十足的把握，点最接近的，或请专家来答：
parts-none =
    .title = 您问了几件事，我都没有十足的把握，点最接近的，或请专家一并来答：
parts-done = 上面是一条一条的答复。有没有帮到您？
add-or-new =
    .title = 您有一件咨询（{ $case }）正在等专家。刚才说的是：
button-to-case = 补充到 { $case }
button-new-question = 另一个问题
human-say-what = 好的，帮您找专家。请先用几句话说说您的事，我一并转过去。
already-held = 专家正在处理您的咨询 { $case }，您直接在这里写给专家就行。
file-say-what = 收到了。请用一两句话说说是什么事、想问什么。
number-out-of-range = 没有这个数字的选项，请回复 1 到 { $count }，或者直接说您的事。
unsupported = 这个我看不懂。请用文字、图片、语音或文件告诉我。
unsupported-held = 这个发不过去。请用文字、图片、语音或文件。

## 留言回拨
button-cancel-form = 取消
button-refuse = 不同意
form-consent-topic =
    请专家答您，需要把这个问题和您接下来填的内容保存起来，只给处理的工作人员看，加密存放，您随时可以要求删除。不同意也不影响您查常见问题。

    看起来属于“{ $topic }”。
    .title = 找专家 · 第 1 步，共 4 步
form-consent-all-topics =
    请专家答您，需要把这个问题和您接下来填的内容保存起来，只给处理的工作人员看，加密存放，您随时可以要求删除。不同意也不影响您查常见问题。

    选一个最接近的专题，就表示同意保存：
    .title = 找专家 · 第 1 步，共 4 步
button-consent-topic = 同意，专题也对
button-topic-right = 对，继续
button-other-topic = 换个专题
button-more-topics = 更多专题
form-topic = 看起来属于“{ $topic }”，对吗？
    .title = 找专家 · 第 1 步，共 4 步
form-all-topics = 请选一个最接近的专题：
    .title = 找专家 · 第 1 步，共 4 步
form-place = 事情发生在哪里？点一个，或者直接打地名。
    .title = 第 2 步，共 4 步
form-place-again = 记下了，会转给专家。不过我没看出是哪里，方便的话点一个，或者打出地名，比如“东城区”“王家村”；不想说也没关系。
    .title = 第 2 步，共 4 步
button-place-skip = 先不说
form-reach = 专家怎么回复您方便？
    .title = 第 3 步，共 4 步
button-reach-chat = 在这里回复我
button-reach-phone = 打电话给我
form-phone = 请发来您的手机号或座机（带区号）。号码加密存放，只有接单的专家看得到。
form-phone-wrong = 这个号码好像不对。手机号是 11 位，座机要带区号，例如 13812345678 或 010-12345678。
form-phone-foreign = 这是别人的名片，不能当作您的号码。请直接打出您自己的号码。
form-window = 什么时候打给您方便？
button-window-any = 工作时间都行
form-more = 还有要补充的吗？可以接着打字、发图片或语音；没有就点“提交”。
    .title = 第 4 步，共 4 步
form-choose = 好的，不着急。方便时点下面的选项，或者回复前面的数字。
form-more-kept = 记下了。
form-added-to-question = 已补充到您的问题里。
form-file-kept = 文件收到了。
button-submit = 提交
form-cancelled = 已取消，刚才填的没有保存。您可以接着提问。
form-refused = 好的，不保存，刚才的问题也删掉了。您仍然可以随时查常见问题，或打 12348 公共法律服务热线。
form-waiting = 您找专家的单子还没有提交。点上面的按钮接着填；不需要了，回复“取消”。
receipt-chat =
    - 编号：{ $case }
    - { $urgent ->
            [1] 按急事办（工作时间 { $minutes } 分钟内），最晚
           *[other] 最晚
        } { $promise } 前，专家在这里回复您
    - 排在第 { $place } 位

    要补充，点下面或直接写给我。回复“我的咨询”可以看进度。
    .title = 已提交，专家会回复您
    .note = 有人身危险不要等，请打 110、120。有诉讼、仲裁等期限的，请先自己记住日期。
receipt-phone =
    - 编号：{ $case }
    - { $urgent ->
            [1] 按急事办（工作时间 { $minutes } 分钟内），最晚
           *[other] 最晚
        } { $promise } 前，专家打电话给您
    - 排在第 { $place } 位

    要补充，点下面或直接写给我。回复“我的咨询”可以看进度。专家不会向您要验证码、密码，也不会让您转账。
    .title = 已提交，专家会打给您
    .note = 有人身危险不要等，请打 110、120。有诉讼、仲裁等期限的，请先自己记住日期。
too-many-cases = 您已有 { $count } 件咨询在处理，请先等一等，或回复“我的咨询”取消不需要的。要补充的话，直接点其中一件。

## 我的咨询
my-none = 您还没有找过专家。直接提问就行；要找专家，回复“人工”。
my-list = { $lines }
    .title = 您的咨询
state-open = 等专家接单
state-claimed = 专家处理中
state-answered = 专家已回复
state-closed = 已办结
case-open =
    - 编号：{ $case }
    - 状态：等专家接单，排在第 { $place } 位
    - 最晚 { $promise } 前回复您
case-claimed =
    - 编号：{ $case }
    - 状态：专家处理中，您写的话会直接转给专家
    - 最晚 { $promise } 前回复您
case-answered =
    - 编号：{ $case }
    - 状态：专家已回复，您可以接着问
case-closed =
    - 编号：{ $case }
    - 状态：已办结
button-case-add = 补充
button-case-cancel = 取消咨询
button-case-reopen = 没解决，再问
add-now = 请写要补充到 { $case } 的内容，也可以发图片、语音或文件。
added = 已补充到 { $case }。
case-withdrawn = { $case } 已取消。需要时随时再问。
reopened = { $case } 已重新排队，最晚 { $promise } 前回复您。
claimed =
    { $station }的专家已接单，正在看您的咨询 { $case }。您接着写的话会直接转给专家。
    .note = 专家不会向您要验证码、密码，也不会让您转账。
released-citizen = 您的咨询 { $case } 换一位专家处理，已经重新排队{ $over ->
        [1] 。
       *[other] ，最晚 { $promise } 前回复您。
    }
lapsed-citizen = 您的咨询 { $case } 刚才那位专家没有及时处理，抱歉。我们已经重新排队{ $over ->
        [1] 。
       *[other] ，最晚 { $promise } 前回复您。
    }
expert-says =
    .title = { $station }专家（{ $case }）：
expert-file = { $station }专家发来文件（{ $case }）
closed-citizen = 您的咨询 { $case } 已办结：{ $outcome }。
rate = { $case } 解决您的问题了吗？请打个分（5 ★ 最好）；没解决可以再问。
rated = 谢谢您的评分。愿意的话，再写一句话告诉我们好在哪里、差在哪里。
rated-low = 抱歉没有帮好您。请写一句话告诉我们哪里不好；没解决的话，点“没解决，再问”，重新排队。
rating-word-kept = 谢谢，记下了。
ask-solved = { $late ->
        [1] （这条提醒晚到了，抱歉）
       *[other] { "" }
    }昨天专家回复了您的咨询 { $case }，解决了吗？
no-reaction = { $late ->
        [1] （这条提醒晚到了，抱歉）
       *[other] { "" }
    }专家回复了您的咨询 { $case }，还没有听到您的消息。没有别的问题的话，{ $closes } 会自动办结；有问题直接写在这里。
auto-closed = 您的咨询 { $case } 已办结。没有解决的话，随时点“没解决，再问”。
phone-missed-citizen = 专家刚才给您打电话没有接通（{ $case }），会再打。您也可以写下方便的时间。
phone-wrong-citizen = 专家打您留的号码不对（{ $case }）。请在这里发来正确的号码，会转给专家。
sorry-late = 您的咨询 { $case } 过了答应您的时间还没有答复，非常抱歉。我们已经报告负责人，正在催办。急事请打 12348。
window-citizen = { $late ->
        [1] （这条提醒晚到了，抱歉）
       *[other] { "" }
    }提醒您：专家将在 { $start } 打电话给您（{ $case }），请留意接听。

## 隐私
privacy =
    - 我们存：您的提问和回复、您留的电话和地点、您发的文件。加密存放，只给处理的工作人员看。
    - 您没有找专家时，问过的话不长期保存。
    - 不会卖给或透露给无关的人，也不拿来做广告。
    - 您随时可以要求删除：点下面的按钮。删除后没办结的咨询会取消；不含个人信息的统计数字保留。
    .title = 隐私
button-erase = 删除我的数据
erase-confirm = 删除后不能恢复，正在等待的咨询会取消。确定吗？
button-erase-confirm = 确定删除
erased = 已删除。您随时可以重新提问。

## 拒绝和出错
refused-forged = 这个按钮不是给您的，没有做任何改动。请用自己对话里的按钮。
refused-stale = 这一步已经过去了，请用最新的按钮；或回复“菜单”重新开始。
refused-role = 您没有这个权限，没有做任何改动。
refused-owner = 这件个案现在不归您处理，没有做任何改动。
refused-state = 这件咨询的状态已经变了，这一步现在做不了。回复“我的咨询”看现在的进度。
refused-private = 为了保护隐私，请私聊我，群里不能办理。
refused-case = 没有找到这个编号的咨询，请核对编号。
slow-down = 消息有点多，我先处理前面的；刚才这条没有收下。请过几分钟再发，在那之前发来的也收不到。
turn-failed = 抱歉，刚才那条我没能处理好，已经记下来请工作人员查看。请换个说法再发一次，或打 12348。

## 专家
staff-welcome = { $duty }。待接单 { $open } 件。

    - 待接单：/queue；我的个案：/mine；值班和专长：/duty
    - 打开个案：/case 编号；跟进提醒：/remind 3d 内容
    - 打开个案后直接打字，就发给市民；不想发了用 /cancel
    .title = { $name }，您好
staff-welcome-admin = { $duty }。待接单 { $open } 件。

    - 待接单：/queue；我的个案：/mine；值班和专长：/duty
    - 打开个案：/case 编号；跟进提醒：/remind 3d 内容
    - 打开个案后直接打字，就发给市民；不想发了用 /cancel
    - 邀请同事：/invite expert 姓名（或 admin、supervisor）；撤销：/revoke 姓名
    .title = { $name }，您好
lead-welcome = 待接单 { $open } 件。

    - 待接单：/queue；看一件：/case 编号
    - 要退回或转接别人手上的个案，用该个案上的按钮
    .title = { $name }，您好
lead-welcome-admin = 待接单 { $open } 件。

    - 待接单：/queue；看一件：/case 编号
    - 邀请同事：/invite expert 姓名（或 admin、supervisor）；撤销：/revoke 姓名
    - 常见问题改好存盘就生效；有错会在这里告诉您
    .title = { $name }，您好
on-duty = 您正在值班
off-duty = 您没有值班，收不到新的请求
button-queue = 待接单
button-mine = 我的个案
button-duty = 值班与专长
card-request =
    - { $topic } · { $place } · { $reach ->
        [phone] 要电话回复
       *[other] 在线回复
    }
    - 提交：{ $opened }
    - 最晚：{ $promise }
    { $before }

    常见问题里找到的：
    { $offered }
    .title = { $urgent ->
        [1] 【紧急】
       *[other] { "" }
    }{ $kind ->
        [again] 再次打开
        [back] 退回队列
        [held] 已接单
       *[other] 新请求
    } { $case }
card-before = - 经过：{ $steps }{ $rating ->
        [0] { "" }
       *[other] （市民评分 { $rating } ★）
    }
offered-why = 对上：{ $matched }；没对上：{ $missing }
mark-urgent = 【紧急】
button-claim = 接单
button-claim-case = 接单 { $case }
card-claimed = { $case } 已由 { $who } 接单。
card-withdrawn = { $case } 市民已取消。
claim-lost = { $case } 已由 { $who } 接单。
claim-gone = { $case } 已经不在队列里了。
claim-yours = { $case } 您已经接了，用 /mine 查看。
own-question = 这是您自己提的咨询，请由同事来接。
case-whole =
    - { $topic } · { $place }
    - 最晚：{ $promise }
    - 回复方式：{ $reach ->
        [phone] 电话 { $phone }，时间 { $window }
       *[other] 在线
    }
    - 补充：{ $details }

    常见问题里找到的：
    { $offered }

    经过：
    { $story }
    .title = { $urgent ->
        [1] 【紧急】
       *[other] { "" }
    }个案 { $case }
    .note = 现在直接打字就发给市民（署名法律服务站）；/cancel 停止。不得私下接受当事人委托。
story-citizen = 市民
story-expert = 专家
story-phone = 电话
story-system = 记录
story-claimed = 接单
story-released = 退回
story-revoked = 专家离任，退回队列
story-reopened = 市民说没有解决，再次打开
story-solved = 市民说解决了，办结
story-auto-closed = 市民没有再说话，自动办结
story-lapsed = 超过接单时限，自动退回
story-transferred = 转接
button-reply = 回复
button-phone = 记录电话
button-close = 办结
button-transfer = 转接
button-release = 退回
button-open = 打开
button-open-case = 打开 { $case }
reply-now = 请打字，会发给 { $case } 的市民。/cancel 停止。
left-case = 好，您打的字不再发给 { $case } 的市民。
typed-to-nobody = 您没有打开个案，这句话没有发给市民。要回复市民，先用 /mine 打开个案。
not-sent =
    .title = 没有发出（{ $case }）：
edited-not-relayed = 修改不会转给市民，请把更正的话再发一条。
delivered = ✓ 已送达 { $case }
not-delivered = ✗ 没有送达 { $case }。请过一会儿再发，或改用电话，并记录电话。
not-delivered-gone = ✗ 没有送达 { $case }：市民停用了机器人。留有电话的请打电话；联系不上的，办结为“联系不上”。
citizen-says =
    .title = 市民（{ $case }）：
citizen-file = 市民发来文件（{ $case }）
withdrawn = 市民取消了 { $case }，已办结。
solved-by-citizen = 市民说 { $case } 解决了，已办结。
now-urgent = { $case } 已改按急事办，最晚 { $promise } 前专家会回复您。不要干等：有危险请先打上面的电话。
became-urgent = 【紧急】{ $case } 的市民刚才说到人身危险，已给她紧急电话。请马上查看。
taken-from-you = { $case } 已由负责人转给别人或退回队列。
release-why = 为什么退回 { $case }？点一个，或打字说明。
release-field = 不是我的专长
release-time = 没有时间处理
release-conflict = 有利益冲突
released = { $case } 已退回队列。
transfer-nobody = 现在没有别的专家可以转。
transfer-whom = 把 { $case } 转给谁？（● 在值班）
transferred = { $case } 已转给 { $who }。
transferred-to-you = { $who } 把 { $case } 转给了您。
phone-how = 给 { $case } 打电话的结果：
phone-reached = 接通，已答复
phone-no-answer = 无人接听
phone-busy = 占线
phone-wrong-number = 号码不对
phone-logged = 已记录到 { $case }。
close-how = { $case } 怎样办结？
outcome-answered = 已答复
outcome-legal-aid = 转法律援助
outcome-mediation = 转调解
outcome-litigation = 建议诉讼或仲裁
outcome-other-office = 转其他部门
outcome-unreached = 联系不上
outcome-withdrawn = 市民撤回
closed = { $case } 已办结。
queue-empty = 现在没有待接的请求。
queue-list = { $lines }
    .title = 待接单（共 { $count } 件）
mine-empty = 您手上没有个案。
mine-list = { $lines }
    .title = 我的个案（{ $count } 件）
case-how = 要打开哪一件？打编号，例如：/case 482-719-355。自己手上有的，也可以点下面的按钮。
reply-how = 要回复哪一件？打编号，例如：/reply 482-719-355。自己手上有的，也可以点下面的按钮打开。
case-number-wrong = 没有这个编号。编号是 9 位数字，例如 /case 482-719-355。
duty-on =
    - 专长：{ $topics }
    - 地区：{ $regions }
    .title = 值班中：新请求会发给您
duty-off =
    - 专长：{ $topics }
    - 地区：{ $regions }
    .title = 未值班：新请求不会发给您
all-of-them = 全部
button-on = 开始值班
button-off = 结束值班
button-topics = 专长
button-regions = 地区
button-done = 完成
choose-topics = 点选您的专长；一个都不选就是全部。
choose-regions = 点选您负责的地区；一个都不选就是全部。
lease-nudge = { $late ->
        [1] （晚到的提醒）
       *[other] { "" }
    }{ $case } 您接单后还没有动作，{ $until } 会自动退回队列。
lease-over = { $case } 超过接单时限没有动作，已自动退回队列。
citizen-waits = { $late ->
        [1] （晚到的提醒）
       *[other] { "" }
    }{ $case } 的市民在等您回话（从 { $since } 起）。回复或记录电话，就不再提醒。
citizen-waits-long = { $late ->
        [1] （晚到的提醒）
       *[other] { "" }
    }{ $case } 的市民从 { $since } 起等回话，已几次提醒 { $who }。可以转接或退回队列。
promise-near = { $late ->
        [1] （晚到的提醒）
       *[other] { "" }
    }{ $case } 还没有人接单，答应市民的时间是 { $promise }。
promise-over = { $late ->
        [1] （晚到的提醒）
       *[other] { "" }
    }【超时】{ $case } 过了答应市民的时间（{ $promise }）还没有答复，已向市民致歉。
window-near = { $late ->
        [1] （晚到的提醒）
       *[other] { "" }
    }{ $case } 约好 { $start } 打电话。
window-unclaimed = { $late ->
        [1] （晚到的提醒）
       *[other] { "" }
    }{ $case } 约好 { $start } 打电话，还没有人接单。
auto-closed-expert = { $case } 市民没有再说话，已自动办结。
remind-how = 写上多久以后、提醒什么，例如：/remind 3d 看看是否立案。d 是天，h 是小时，m 是分钟，最长 999 天。
remind-no-case = 提醒要跟着一件个案，您手上现在没有。先用 /queue 接一件，再发，例如：/remind 3d 看看是否立案
remind-which = 您手上有几件，提醒哪一件？点一个打开，再发一次，例如：/remind 3d 看看是否立案
remind-set = 好，{ $when } 提醒您 { $case }。
own-reminder =
    .title = { $late ->
            [1] （晚到的提醒）
           *[other] { "" }
        }跟进提醒：{ $case }

## 管理
role-expert = 专家
role-admin = 管理员
role-supervisor = 负责人
invite-made =
    请把下面这行转给要邀请的{ $role }，让对方私聊我发送：

    /join { $token }

    { $expires } 前有效，只能用一次。
invite-link = 用 Telegram 的，直接点：{ $link }
invite-bad = 这个邀请无效、用过了或者过期了，请让管理员重新发一个。
revoke-whom = 要撤销谁的身份？点一个，或打 /revoke 姓名。
revoke-sure = 撤销 { $name } 的全部身份？手上的 { $count } 件个案会退回队列，市民会知道换了专家。
revoke-done = 已撤销 { $name } 的身份，{ $count } 件个案退回了队列。
revoke-nobody = 没有这个同事。/revoke 列出可以撤销的人；自己的身份要请别的管理员撤销。
button-revoke = 撤销身份
revoked = { $name }，您在这里的工作身份已撤销，手上的个案已转给同事。谢谢您。您自己的问题照样可以在这里问。
joined = 欢迎，{ $name }！请先选专长和地区；不选就是全部。现在起新请求会发给您，/duty 可以结束值班。
faq-live = 常见问题已更新：{ $count } 条生效。
faq-broken =
    { $problems }

    改好存盘即可；在此之前继续用上一个版本。
    .title = 常见问题有 { $count } 处错误，没有换上
