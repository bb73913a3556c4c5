package io.waymark.web.words;

import io.quarkus.qute.i18n.Message;
import io.quarkus.qute.i18n.MessageBundle;

/**
 * Every sentence of the public pages. A further language is a file {@code messages/web_xx.properties} with these method names as keys.
 * The words follow DESIGN §1: the band speaks of the code, never of the thing, and "genuine" does not occur.
 */
@MessageBundle("web")
public interface Words {
    @Message(
            "{#switch band}{#case 'CONSISTENT'}Consistent{#case 'LOOK_CLOSER'}Look closer{#case 'DO_NOT_USE'}Do not use{#case 'CANNOT_SAY'}Cannot say{/switch}")
    String band(String band);

    @Message(
            "{#switch band}{#case 'CONSISTENT'}This code’s story holds.{#case 'LOOK_CLOSER'}This code’s story has open points, listed below.{#case 'DO_NOT_USE'}There is a reason against this code, listed below.{#case 'CANNOT_SAY'}Not enough is signed about this code to answer. The reasons are below.{/switch}")
    String bandSays(String band);

    @Message("Whether this item is that one: not checked.")
    String itemNotChecked();

    @Message("This code stands for a whole lot: it answers for the lot, not for the one pack in your hand.")
    String lotOnly();

    @Message("This code stands for a product, not for one item or lot.")
    String productOnly();

    @Message("Check")
    String check();

    @Message("Answer for this code")
    String answerHeading();

    @Message("{#switch line}{#case 'label'}Label{#case 'story'}Story{#case 'object'}Object{#else}Condition{/switch}")
    String line(String line);

    @Message(
            "{#switch line}{#case 'label'}issued by this maker?{#case 'story'}do the signed steps agree?{#case 'object'}is it this very one?{#else}kept well, not recalled, not expired?{/switch}")
    String lineAsks(String line);

    @Message("{#switch state}{#case 'good'}good{#case 'caution'}caution{#case 'bad'}bad{#else}cannot say{/switch}")
    String state(String state);

    @Message("No reason was given.")
    String noReason();

    @Message("by {maker}")
    String by(String maker);

    @Message("The maker names {domain} as its own address; we have not proved it. Compare it with the package.")
    String makersDomain(String domain);

    @Message("Drawing of the kind of goods. It is not a photo of your item.")
    String drawing();

    @Message(
            "{#switch picture}{#case 'fish'}Fish{#case 'coffee'}Coffee{#case 'medicine'}Medicine{#case 'fruit'}Fruit{#case 'bottle'}Bottle{#case 'dairy'}Dairy{#else}Box{/switch}")
    String pictured(String picture);

    @Message("Product")
    String product();

    @Message("Lot")
    String lot();

    @Message("Serial")
    String serial();

    @Message("What you can do")
    String actions();

    @Message("Check with a photo")
    String checkWithPhoto();

    @Message("Report a fake")
    String reportFake();

    @Message("Save proof")
    String saveProof();

    @Message("Today")
    String today();

    @Message("Recalled. Do not use it; return it to where you got it.")
    String recalled();

    @Message("Recall")
    String recall();

    @Message("none known")
    String noRecall();

    @Message("Last known with")
    String holder();

    @Message("State")
    String stateNow();

    @Message("since {day}")
    String since(String day);

    @Message("Best before")
    String bestBefore();

    @Message("{day}: this date has passed")
    String expired(String day);

    @Message("Scans")
    String scans();

    @Message("none before yours")
    String noScans();

    @Message(
            "{#if total == 1}once{#else}{total} times{/if}, on {#if phones == 1}one phone{#else}{phones} phones{/if}{#if first}, first on {first}{/if}")
    String scanned(long total, long phones, String first);

    @Message("A phone is counted anew each day; we keep nothing that would recognise it.")
    String scansHow();

    @Message("Story")
    String story();

    @Message("No step is recorded yet.")
    String noSteps();

    @Message("Show {#if n == 1}one more step{#else}{n} more steps{/if}")
    String moreSteps(int n);

    @Message("{total} steps in all{#if later == 0}; the proof file holds every one{/if}.")
    String stepsInProof(long total, long later);

    @Message(
            "{#if n == 1}The newest step is{#else}The {n} newest steps are{/if} left out here and in the proof file: the story is very long.")
    String laterLeftOut(long n);

    @Message("The maker has registered no photo to compare it with.")
    String notPhotographed();

    @Message(
            "{#switch step}{#case 'commissioning'}Made and labelled{#case 'packing'}Packed{#case 'unpacking'}Unpacked{#case 'loading'}Loaded{#case 'unloading'}Unloaded{#case 'shipping'}Shipped{#case 'departing'}Departed{#case 'transporting'}On the way{#case 'arriving'}Arrived{#case 'receiving'}Received{#case 'accepting'}Accepted{#case 'inspecting'}Inspected{#case 'sampling'}Sample taken{#case 'storing'}Put in storage{#case 'stocking'}Put on the shelf{#case 'retail_selling'}Sold{#case 'dispensing'}Dispensed{#case 'holding'}Put on hold{#case 'destroying'}Destroyed{#case 'decommissioning'}Taken out of use{#case 'repackaging'}Repacked{#case 'harvesting'}Harvested{#case 'catching'}Caught{#case 'creating_class_instance'}Produced{#case 'transforming'}Processed{#else}{otherwise}{/switch}")
    String step(String step, String otherwise);

    @Message("Correction")
    String correction();

    @Message("time not stated")
    String noTime();

    @Message(
            "{#switch keeper}{#case 'platform'}Signed by the platform for {who}: the maker did not hold the key.{#case 'file'}Signed by {who}, with a key kept in a file.{#case 'hsm'}Signed by {who}, with a key kept in a security module.{#case 'browser'}Signed by {who}, with a key kept in a person’s browser.{#case 'gateway'}Signed by a gateway for {who}.{#case 'device'}Signed by {who} itself, with a key kept in the device.{#else}Signed by {who}; who keeps the key is not stated.{/switch}")
    String signed(String keeper, String who);

    @Message(
            "{#switch keeper}{#case 'platform'}signed by the platform for {who}{#case 'gateway'}signed by a gateway for {who}{#else}signed by {who}{/switch}")
    String signedShort(String keeper, String who);

    @Message("Fingerprint")
    String fingerprint();

    @Message("Place in the log")
    String logIndex();

    @Message("Route")
    String route();

    @Message("Map of the route: {places} places in order, listed below.")
    String mapAlt(int places);

    @Message(
            "About {distance} as straight lines between the places named. Places may be coarse because their owners chose so; this is not the path travelled.")
    String mapNote(String distance);

    @Message("One place so far. It may be coarse because its owner chose so.")
    String mapNoteOne();

    @Message("{#if several}steps{#else}step{/if} {steps}")
    String atSteps(String steps, boolean several);

    @Message("Temperature")
    String temperature();

    @Message("Limits {limits}. {readings} signed readings.")
    String limits(String limits, String readings);

    @Message("{readings} signed readings; no limits are set.")
    String noLimits(String readings);

    @Message("Temperature from {from} to {to}: between {coldest} and {warmest}.")
    String chartAlt(String from, String to, String coldest, String warmest);

    @Message("No sensor travelled with it, or no reading has arrived. So nothing can be said about its temperature.")
    String noReadings();

    @Message(
            "{#if warm}Warmer{#else}Colder{/if} than {limit} for {duration} on {day}; {#if warm}at most{#else}at least{/if} {peak}.")
    String excess(boolean warm, String limit, String duration, String day, String peak);

    @Message("No reading outside the limits.")
    String noExcess();

    @Message(
            "Mean kinetic temperature {celsius} over {measured} measured: it ages goods as much as the changing one did.")
    String meanKinetic(String celsius, String measured);

    @Message("No readings for {length} from {from}.")
    String missing(String length, String from);

    @Message("The same as a table")
    String asTable();

    @Message("From (UTC)")
    String from();

    @Message("Coldest")
    String coldest();

    @Message("Warmest")
    String warmest();

    @Message("Readings")
    String readings();

    @Message("none")
    String none();

    @Message("Measured by")
    String measuredBy();

    @Message(
            "{#switch keeper}{#case 'device'}key kept in the device itself{#case 'gateway'}signed by a gateway for the sensor{#case 'platform'}signed by the platform for the sensor{#case 'file'}signed with a key kept in a file{#else}who keeps its key is not stated{/switch}")
    String deviceKeeper(String keeper);

    @Message("Certificates")
    String certificates();

    @Message("No certificate is attached.")
    String noCertificates();

    @Message(
            "{#if verified}Verified by {issuer}{#else}Evidenced: a document said to be from {issuer} is attached; the issuer has not confirmed it here{/if}")
    String certified(boolean verified, String issuer);

    @Message("valid until {day}")
    String validUntil(String day);

    @Message("expired on {day}")
    String validExpired(String day);

    @Message("Corrections")
    String corrections();

    @Message("Nothing has been corrected.")
    String noCorrections();

    @Message("was “{was}”, now “{now}”")
    String wasNow(String was, String now);

    @Message("How do we know?")
    String how();

    @Message(
            "Checked by the server. That is the server’s own word: it told you what it found, and nothing on this page has been recomputed on your phone.")
    String checkedByServer();

    @Message("What was checked")
    String checks();

    @Message(
            "{#switch witnesses}{#case 0}0 independent witnesses: the operator could rewrite this.{#case 1}One independent witness has signed the state of the log.{#else}{witnesses} independent witnesses have signed the state of the log.{/switch}")
    String witnesses(int witnesses);

    @Message(
            "By the operator’s list of witnesses, which names {listed} and asks for {needed}; who of them is independent is the operator’s word.")
    String witnessList(int listed, int needed);

    @Message("The log holds {size} entries at this checkpoint.")
    String logSize(String size);

    @Message("Checkpoint")
    String checkpoint();

    @Message(
            "Not promised: that a sensor told the truth, or that the thing in your hand is the thing that was registered.")
    String notPromised();

    @Message("Save the proof and check it without us: the free verifier reads it offline, on any computer with Java.")
    String saveWhy();

    @Message("A proof exists for single items with signed steps only; for this code there is none.")
    String itemsOnly();

    @Message(
            "Only signed steps and readings are proved. The product’s name, limits, best-before date and the certificates’ texts shown here are the maker’s entries kept by this server; they are not signed yet, so for them you rely on the server.")
    String notSigned();

    @Message("checked by the server")
    String byServer();

    @Message("proof checked in this browser")
    String byBrowser();

    @Message("the proof FAILED in this browser: do not rely on this page, see “How do we know?”")
    String failedHere();

    @Message("checked by the server; this browser could not check everything")
    String partlyHere();

    @Message("Unknown code")
    String unknown();

    @Message(
            "{#switch kind}{#case 'REFUSED_PATH'}The address is not allowed{#case 'DAMAGED_FORM'}The form could not be read{#case 'BAD_PARAMETER'}The address asks for something odd{#case 'FOREIGN_FORM'}The form did not come from this page{#case 'NOT_ALLOWED'}Not for this account{#case 'NO_SUCH_PAGE'}No such page{#case 'WRONG_METHOD'}Not possible at this address{#case 'NO_SUCH_FORMAT'}Not in this format{#case 'TOO_LARGE'}Too large{#case 'UNREADABLE_TYPE'}Sent in a form we cannot read{#case 'UNAVAILABLE'}We cannot look this up right now{#case 'BROKEN'}Something broke on our side{#else}Not accepted{/switch}")
    String refused(String kind);

    @Message(
            "{#switch kind}{#case 'REFUSED_PATH'}It contains characters that programs read in different ways, or is too long. Codes and pages of this site have none of that: type the address again, or scan the label.{#case 'DAMAGED_FORM'}Its bytes were damaged on the way, or a program sent it wrongly. Nothing was stored. Go back, reload the page and send it again.{#case 'BAD_PARAMETER'}A part after the question mark is not what this page understands. Remove it, or start again from a link.{#case 'FOREIGN_FORM'}Nothing was changed. Go back, reload the page and send the form again; if you did not send one, another site tried to.{#case 'NOT_ALLOWED'}Your account may not do this. An administrator of your organisation can do it, or give you another role.{#case 'NO_SUCH_PAGE'}Nothing is at this address. It was mistyped, or what it showed is gone. This says nothing about any product.{#case 'WRONG_METHOD'}The address exists, but not for what was asked of it. Nothing was changed. Open the page and use its form.{#case 'NO_SUCH_FORMAT'}Here are web pages and, for some addresses, JSON; your program asked for something else.{#case 'TOO_LARGE'}A photo may have up to 12 MB, a report up to 2,000 characters. Nothing was stored. Send it again, smaller.{#case 'UNREADABLE_TYPE'}Nothing was stored. Open the page in a browser and use its form.{#case 'UNAVAILABLE'}The part of Waymark that knows the stories did not answer. This says nothing about your code. Please try again in a minute.{#case 'BROKEN'}The fault is ours, and it says nothing about your code. Please try again in a minute. If it happens again, tell whoever runs this site{#if detail} the number {detail}{/if}.{#else}Nothing was changed. Go back and try again.{/switch}")
    String refusedSays(String kind, String detail);

    @Message("Open the console")
    String toConsole();

    @Message("Not a product code")
    String malformed();

    @Message("We cannot find a story for this code. That is all we know: we do not say why.")
    String unknownSays();

    @Message("The address has been cut off or mistyped: it is not a product code of the kind printed on labels.")
    String malformedSays();

    @Message("What this can mean")
    String canMean();

    @Message("The code was mistyped, or the label is damaged. Scan it again, or type it below.")
    String meanTyped();

    @Message("The maker has not registered it yet.")
    String meanEarly();

    @Message("Somebody made the code up. A copied design with an invented number looks just like this.")
    String meanForged();

    @Message("What you can do")
    String canDo();

    @Message(
            "Look at the web address: does it belong to the maker named on the package? Sites that imitate this page exist.")
    String doAddress();

    @Message("Do not use food or medicine that you doubt. Ask where you bought it.")
    String doNotUse();

    @Message("Tell us. A report helps even without a name.")
    String doReport();

    @Message("Try another code")
    String tryAgain();

    @Message("Code or web address on the label")
    String codeLabel();

    @Message("Look up")
    String lookUp();

    @Message("Every step signed. Every claim checkable.")
    String claim();

    @Message("About")
    String about();

    @Message("Console")
    String console();

    @Message(
            "No cookies, no tracking, no third parties. To notice a rewritten log, your browser remembers its last state.")
    String footer();

    @Message("Skip to the story")
    String skip();

    @Message("Waymark")
    String waymark();

    @Message("Where it came from. What happened on the way. Checkable.")
    String landingHeading();

    @Message(
            "Waymark follows a product from the boat, farm or factory to the person who holds it. Every step and every sensor reading is signed, as near to where it happens as its owner can, and entered in a log. Whoever kept an earlier state of that log notices when it is rewritten, so much less depends on trusting the server that shows it.")
    String landingSays();

    @Message("Look up a label")
    String landingFind();

    @Message("Scan the code with your phone’s camera, or type what is printed on the label.")
    String landingFindHint();

    @Message("To try")
    String demo();

    @Message("Recent items of the demonstration on this installation.")
    String demoSays();

    @Message("No demonstration item exists yet. They appear a few moments after the demonstration starts.")
    String demoEmpty();

    @Message("What you get")
    String landingGet();

    @Message(
            "An answer in four lines: is the label the maker’s, does the story hold, is it this very item, was it kept well. Each with its reason, and “cannot say” where nothing is known.")
    String getAnswer();

    @Message("The proof, checked in your own browser, and as a file that is checked without us.")
    String getProof();

    @Message(
            "Never the word “genuine”: a story that holds says nothing about a copied label. A photo can compare the thing itself.")
    String getHonest();

    @Message("For makers, carriers and shops")
    String landingMakers();

    @Message("Register products, print labels, watch sensors.")
    String landingConsole();

    @Message("Open the console")
    String openConsole();

    @Message("Check with a photo")
    String photoHeading();

    @Message(
            "Your photo is compared with the ones the maker registered for this very item. It is used for this one comparison and not kept.")
    String photoSays();

    @Message("Photograph the side that the label shows or the maker names, filling most of the picture.")
    String photoTip1();

    @Message("Daylight without flash; no reflections, nothing in front of it.")
    String photoTip2();

    @Message("Hold still until it is sharp. JPEG or PNG, at most 12 MB.")
    String photoTip3();

    @Message("Photo")
    String photo();

    @Message("Compare")
    String compare();

    @Message("A photo can only be checked against the code of one item. Scan or type its code first.")
    String photoNeedsItem();

    @Message("Choose a photo first.")
    String photoMissing();

    @Message("The photo is larger than 12 MB. Take it with a lower resolution.")
    String photoTooLarge();

    @Message("That file is not a JPEG or PNG photo.")
    String photoWrongKind();

    @Message(
            "{#switch outcome}{#case 'match'}The photo matches{#case 'no-match'}The photo does not match{#else}Cannot tell{/switch}")
    String matchHeading(String outcome);

    @Message(
            "{#switch outcome}{#case 'match'}Your photo agrees with a photo the maker registered for this item. A very similar item could agree too: the figures below say how strongly.{#case 'no-match'}Your photo differs from the photos registered for this item. If you photographed the same side in good light, the code may have been copied onto another thing.{#else}The comparison gives no answer, neither for nor against this item.{/switch}")
    String matchSays(String outcome);

    @Message("Reasons")
    String reasons();

    @Message("No photo is registered for this item, so there is nothing to compare with.")
    String noPhotoRegistered();

    @Message("Compared with {compared} registered photos; {inliers} points agree.")
    String compared(long compared, long inliers);

    @Message("Take another photo")
    String anotherPhoto();

    @Message("Back to the story")
    String backToStory();

    @Message("Report a suspected fake")
    String reportHeading();

    @Message("Tell the maker and the operator what looks wrong. No account is needed; a name is optional.")
    String reportSays();

    @Message("Code or web address on the label (if there is one)")
    String reportCode();

    @Message("What looks wrong?")
    String reportText();

    @Message("For example: print, weight, smell, seal, price, or where the address of the page led.")
    String reportTextHint();

    @Message("Where did you get it?")
    String reportWhere();

    @Message("Shop and town, or the web address of the seller.")
    String reportWhereHint();

    @Message("How can we reach you? (optional)")
    String reportContact();

    @Message("Only used for questions about this report.")
    String reportContactHint();

    @Message("Send report")
    String reportSend();

    @Message("Please say in a few words what looks wrong (up to 2,000 characters).")
    String reportTextWrong();

    @Message("Please say where (up to 200 characters).")
    String reportWhereWrong();

    @Message("At most 200 characters.")
    String reportContactWrong();

    @Message("This is not a code of the kind printed on labels. Correct it, or leave it empty.")
    String reportCodeWrong();

    @Message("Thank you. Your report is filed.")
    String reportDone();

    @Message("Case number")
    String caseNumber();

    @Message(
            "Write it down: whoever asks about this report needs it. Keep the thing and its package if you can, and do not use food or medicine that you doubt.")
    String caseNext();

    @Message("The report was not accepted: {why}")
    String reportRefused(String why);
}
